"""Makes `brightness/`, a release for tests: its score is the mean gray of the model's input, nothing clinical.

Run once, with the extra [training]: `python tests/device/make_brightness.py`. Tests read the files it wrote.
"""

from hashlib import sha256
from pathlib import Path

import tensorflow as tf

FOLDER = Path(__file__).parent / "brightness"
DESCRIPTION = """\
name: brightness
version: 0.0.1
status: reference
title: The mean gray of an image, for tests
population: {{description: children of 1 to 5 years, minimum_age_years: 1, maximum_age_years: 5, view_positions: [AP]}}
geometry: {{rows: 224, columns: 224, resampling: bilinear-antialiased, keeps_aspect: false}}
weights: {{file: model.tflite, format: litert, sha256: {digest}}}
operating_point: {{threshold: 0.5, rule: half of the range, locked_on: no data}}
unbuilt: null
study: null
limitations: [It says nothing of pneumonia.]
"""


@tf.function(input_signature=[tf.TensorSpec((1, 224, 224, 1), tf.float32)])
def brightness(image):
    return tf.reshape(tf.reduce_mean(image), (1, 1))


def main() -> None:
    converter = tf.lite.TFLiteConverter.from_concrete_functions([brightness.get_concrete_function()])
    files = {"model.tflite": converter.convert()}
    files["release.yaml"] = DESCRIPTION.format(digest=sha256(files["model.tflite"]).hexdigest()).encode()
    FOLDER.mkdir(exist_ok=True)
    for name, content in files.items():
        (FOLDER / name).write_bytes(content)
    sums = "".join(f"{sha256(content).hexdigest()}  {name}\n" for name, content in sorted(files.items()))
    (FOLDER / "SHA256SUMS").write_text(sums)


if __name__ == "__main__":
    main()
