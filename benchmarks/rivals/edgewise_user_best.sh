# The best of two networks for one user's classes, at int8: edgewise_user_best.sh MODEL SMALLER IMAGES CLASSES OUT
edgewise prune --model "$1" --base auto --zoo "$2" --data "$3" --classes "$4" --out "$5" \
  --precision int8 --target-speedup 5 --held-out 0.4 --undecided estimate
