"""MobileDiffusion and MobileDiffusion-Lite in PyTorch, written on their own to check the C++ networks against: Stable
Diffusion's conventions, ConvNeXt's block with a 3x3 kernel, one skip into the innermost module.

Weights are drawn when a layer first asks for them, under the names of our weight files; so a name or a shape that the
C++ network has and this one has not, or the other way round, shows as an error.
"""

import math

import torch
import torch.nn.functional as F

TEXT_WIDTH = 768


def attend_by_hand(q, k, v):
    return torch.softmax(q @ k.transpose(-2, -1) * q.shape[-1] ** -0.5, -1) @ v


class Weights(dict):
    """Uniform random tensors by name, drawn on first use, of a network with every width over `divisor` whose attention
    is softmax(q k^T / sqrt(head width)) v, as `attend` computes it."""

    def __init__(self, seed, divisor=1, attend=attend_by_hand):
        super().__init__()
        self.generator = torch.Generator().manual_seed(seed)
        self.divisor = divisor
        self.attend = attend

    def draw(self, name, shape, bound, centre=0.0):
        if name not in self:
            self[name] = torch.empty(shape).uniform_(centre - bound, centre + bound, generator=self.generator)
        return self[name]

    def linear(self, name, x, out, bias=True):
        weight = self.draw(f"{name}.weight", (out, x.shape[-1]), x.shape[-1] ** -0.5)
        return F.linear(x, weight, self.draw(f"{name}.bias", (out,), 0.2) if bias else None)

    def conv(self, name, x, out, kernel=3, stride=1, groups=1):
        fan_in = x.shape[1] // groups * kernel * kernel
        weight = self.draw(f"{name}.weight", (out, x.shape[1] // groups, kernel, kernel), fan_in**-0.5)
        bias = self.draw(f"{name}.bias", (out,), 0.2)
        return F.conv2d(x, weight, bias, stride=stride, padding=kernel // 2, groups=groups)

    def scale_and_shift(self, name, channels):
        return self.draw(f"{name}.weight", (channels,), 0.3, 1.0), self.draw(f"{name}.bias", (channels,), 0.2)

    def group_norm(self, name, x, eps):
        groups = math.gcd(x.shape[1], 32)
        return F.group_norm(x, groups, *self.scale_and_shift(name, x.shape[1]), eps)

    def layer_norm(self, name, x):
        return F.layer_norm(x, x.shape[-1:], *self.scale_and_shift(name, x.shape[-1]), 1e-5)


def time_embedding(w, t):
    half, width = 160 // w.divisor, 1280 // w.divisor
    frequency = torch.exp(-math.log(10000) * torch.arange(half, device=t.device) / half)
    angle = t.float()[:, None] * frequency[None]
    h = w.linear("time.0", torch.cat([angle.cos(), angle.sin()], 1), width)
    return w.linear("time.1", F.silu(h), width)


def full_conv(w, name, x, e, out):
    h = w.conv(f"{name}.conv1", F.silu(w.group_norm(f"{name}.norm1", x, 1e-5)), out)
    h = h + w.linear(f"{name}.time", F.silu(e), out)[:, :, None, None]
    h = w.conv(f"{name}.conv2", F.silu(w.group_norm(f"{name}.norm2", h, 1e-5)), out)
    return h + (x if x.shape[1] == out else w.conv(f"{name}.shortcut", x, out, kernel=1))


def separable_conv(w, name, x, e, out):
    r = x if x.shape[1] == out else w.conv(f"{name}.proj_in", x, out, kernel=1)
    h = w.conv(f"{name}.dw", r, out, groups=out) + w.linear(f"{name}.time", F.silu(e), out)[:, :, None, None]
    h = w.layer_norm(f"{name}.norm", h.movedim(1, -1)).movedim(-1, 1)
    return r + w.conv(f"{name}.pw2", F.silu(w.conv(f"{name}.pw1", h, 4 * out, kernel=1)), out, kernel=1)


def attention(w, name, x, text):
    """Self-attention shares one projection for keys and values."""
    width = x.shape[-1]
    q = w.linear(f"{name}.q", x, width, bias=False)
    if text is None:
        k = v = w.linear(f"{name}.kv", x, width, bias=False)
    else:
        k, v = (w.linear(f"{name}.{part}", text, width, bias=False) for part in "kv")
    q, k, v = (y.unflatten(-1, (-1, 64 // w.divisor)).transpose(1, 2) for y in (q, k, v))
    return w.linear(f"{name}.out", w.attend(q, k, v).transpose(1, 2).flatten(2), width)


def stack(w, name, x, text, depth, self_attention):
    height, width = x.shape[2:]
    y = w.conv(f"{name}.proj_in", w.group_norm(f"{name}.norm", x, 1e-6), x.shape[1], kernel=1)
    y = y.flatten(2).transpose(1, 2)
    for i in range(depth):
        part = f"{name}.{i}"
        if self_attention:
            y = y + attention(w, f"{part}.sa", w.layer_norm(f"{part}.norm_sa", y), None)
        y = y + attention(w, f"{part}.ca", w.layer_norm(f"{part}.norm_ca", y), text)
        h = w.linear(f"{part}.ff.in", w.layer_norm(f"{part}.norm_ff", y), 6 * y.shape[-1])
        value, gate = h.chunk(2, -1)
        y = y + w.linear(f"{part}.ff.out", value * F.silu(gate), y.shape[-1])
    y = y.transpose(1, 2).unflatten(2, (height, width))
    return x + w.conv(f"{name}.proj_out", y, x.shape[1], kernel=1)


def mobile_diffusion(w, inputs, inner, up_depth):
    """One prediction of noise; inner and up_depth: 1024 and 3, or 896 and 2 in the Lite network."""
    outer_width, middle_width, inner = (width // w.divisor for width in (320, 640, inner))
    e, text = time_embedding(w, inputs["timestep"]), inputs["encoder_hidden_states"]

    def outer(name, x):
        return full_conv(w, f"{name}.conv", x, e, outer_width)

    def middle(name, x):
        return stack(w, f"{name}.attn", full_conv(w, f"{name}.conv", x, e, middle_width), text, 1, self_attention=False)

    def innermost(name, x, depth):
        return stack(w, f"{name}.attn", separable_conv(w, f"{name}.conv", x, e, inner), text, depth, True)

    def upsample(name, x):
        return w.conv(name, F.interpolate(x, scale_factor=2, mode="nearest"), x.shape[1])

    s0 = w.conv("conv_in", inputs["sample"], outer_width)
    s1 = outer("down1.0", s0)
    s2 = w.conv("down1.downsample", s1, outer_width, stride=2)
    s3 = middle("down2.0", s2)
    s4 = w.conv("down2.downsample", s3, middle_width, stride=2)
    h = innermost("down3.1", innermost("down3.0", s4, 3), 3)
    h = innermost("up3.1", innermost("up3.0", h, up_depth), up_depth)
    h = upsample("up3.upsample", innermost("up3.2", torch.cat([h, s4], 1), up_depth))
    h = middle("up2.1", torch.cat([middle("up2.0", torch.cat([h, s3], 1)), s2], 1))
    h = upsample("up2.upsample", h)
    h = outer("up1.1", torch.cat([outer("up1.0", torch.cat([h, s1], 1)), s0], 1))
    return w.conv("conv_out", F.silu(w.group_norm("norm_out", h, 1e-5)), inputs["sample"].shape[1])
