# A selector over the networks of ZOO, learned from TUNING: edgewise_select.sh ZOO TUNING WORK
edgewise profile --zoo "$1" --data "$2" --classes data --out "$3/profile"
edgewise select fit "$3/profile" --out "$3/selector" --json > "$3/fit.json"
