# A network on an array that a file for SCALE-Sim describes: edgewise_accel.sh MODEL SCALE.cfg PX
edgewise accel run "$1" --preset "$2" --input "$3" --json
