# A ResNet-50 for one user's classes, twice as fast: edgewise_user.sh MODEL IMAGES CLASSES OUT
edgewise prune --model "$1" --data "$2" --classes "$3" --out "$4" \
  --input 192 --target-speedup 2 --held-out 0.4 --undecided estimate
