# The answers to IMAGES: edgewise_answer.sh SELECTOR IMAGES
edgewise classify "$2" --selector "$1" --threads 1 --runtime onnxruntime --json-lines
