import numpy as np
import tritonclient.http as triton

client = triton.InferenceServerClient(url="localhost:8000")


def kind(picture: np.ndarray) -> int:
    tensor = triton.InferInput("x", picture.shape, "FP32")
    tensor.set_data_from_numpy(picture.astype(np.float32))
    result = client.infer("parcels", [tensor])
    return int(result.as_numpy("kind").argmax())
