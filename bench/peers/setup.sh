#!/usr/bin/env bash
# setup.sh PEERS MULTI30K PEER…: the data, and an environment for each of: hf onmt eole joey. Several gigabytes.
# torch comes first and pinned, or a peer brings another; which build of it, pip's configuration decides.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
peers=$(cd "$1" && pwd) corpus=$(cd "$2" && pwd)
shift 2
python=${PYTHON:-python3}

environment() { # NAME, what pip is to install…
  local folder=$peers/venv-$1
  shift
  if [ ! -d "$folder" ]; then
    "$python" -m venv "$folder"
    "$folder/bin/pip" -q install torch==2.13.0
  fi
  "$folder/bin/pip" -q install "$@"
}

packages() { "$peers/venv-$1/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))'; }

# What both need at run time. They ask for an older torch, so their own lists are not followed.
opennmt_needs="configargparse ctranslate2 pyahocorasick pyonmttok pyyaml rapidfuzz sacrebleu sentencepiece six spacy tensorboard waitress"

environment hf transformers==5.23.0 accelerate datasets sentencepiece sacrebleu
[ -f "$peers/data/train.ids.de" ] || "$peers/venv-hf/bin/python" "$here/prepare.py" "$corpus" "$peers"

for peer in "$@"; do
  case $peer in
    hf) ;;
    onmt)
      environment onmt --no-deps OpenNMT-py==3.5.1
      environment onmt $opennmt_needs flask
      : >"$(packages onmt)/fasttext.py" # only its filter of languages asks for it
      # On a processor it takes the least of an empty list.
      sed -i 's/min(opt.gpu_ranks)/min(opt.gpu_ranks or [0])/' "$(packages onmt)/onmt/utils/parse.py"
      ;;
    eole)
      environment eole --no-deps eole==0.6.4
      environment eole $opennmt_needs aiohttp datasets fastapi huggingface_hub pandas protobuf pydantic rich safetensors \
        subword-nmt tokenizers torch-optimi uvicorn
      : >"$(packages eole)/fasttext.py"
      ;;
    joey) environment joey joeynmt==2.3.0 importlib_metadata sentencepiece==0.2.0 ;;
    *)
      echo "setup.sh: there is no peer $peer" >&2
      exit 2
      ;;
  esac
done
