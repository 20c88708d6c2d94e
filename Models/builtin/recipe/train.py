#!/usr/bin/env python3
"""Trains the built-in model: a tiny Stable-Diffusion-architecture text-to-image model that draws emoji.

One script, run top to bottom or stage by stage (--stages):

  data     render the emoji of SUBJECTS out of Noto Color Emoji into a pool of 128x128 pictures
  tok      train a byte-level BPE in CLIP's format (vocab.json, merges.txt) on the captions
  vae      train AutoencoderKL (factor 8, 4 latent channels) on 64x64 crops, then on whole pictures
  latents  normalise the latent (folded into quant_conv / post_quant_conv) and encode the pool once
  unet     train UNet2DConditionModel and CLIPTextModel together, v-prediction, EMA
  export   write the diffusers folder in fp16 safetensors
  eval     draw every subject once and count how often the nearest emoji is the one asked for
  sheet    draw the contact sheet

Requirements (versions this was run with, Python 3.11):
  torch==2.15.0 diffusers==0.42.1 transformers==5.23.0 tokenizers==0.23.3 safetensors==0.8.0
  pillow==13.0.0 (built with FreeType) numpy==2.4.6
  Debian: fonts-noto-color-emoji (2.042-0+deb12u1), SIL OFL 1.1:
     apt-get download fonts-noto-color-emoji && dpkg -x fonts-noto-color-emoji_*.deb font
     --font font/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf

CPU:  python train.py --vae-minutes 22 --unet-minutes 50
CUDA: python train.py --device cuda --vae-minutes 20 --unet-minutes 60 --batch 256 --vae-batch 128 \
        --pool 4 --flip 0.1 --pairs 0.12
(The CUDA line has not been run yet.) Budgets are in wall-clock minutes; the learning rate follows the clock, so any budget ends annealed.
"""
import os
os.environ.setdefault("OMP_NUM_THREADS", "1")      # see Team
import argparse, copy, csv, json, math, random, re, threading, time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageDraw, ImageFont

# --------------------------------------------------------------------------------------- subjects
# "emoji  [colour|]name, alias, ..."; a colour before the bar says which colour the emoji has and
# that it may be recoloured ("a blue apple"); names that are plural take no article.
SUBJECTS = """
[faces]
😀 grinning face, happy face, smiley face
😂 laughing face, face with tears of joy
😍 face with heart eyes, smiling face with heart eyes, love face
😎 smiling face with sunglasses, cool face, face with sunglasses
😢 crying face, sad face
😡 angry face
😱 screaming face, scared face
😴 sleeping face
🤔 thinking face
🤢 sick face, nauseated face
🥶 freezing face, cold face
🤠 cowboy, cowboy face
🤓 nerd face, nerd
🥳 party face, partying face
😇 angel face, smiling face with halo
😈 devil face, devil
🤡 clown, clown face
😘 kissing face, face blowing a kiss
😉 winking face
😷 face with a mask, face with medical mask
👻 ghost
💀 skull
👽 alien
🤖 robot
🎃 pumpkin, halloween pumpkin
💩 poop, pile of poo
[animals]
🐶 dog, dog face, puppy
🐱 orange|cat, cat face, kitten
🐭 mouse, mouse face
🐹 hamster
🐰 rabbit, bunny, rabbit face
🦊 orange|fox
🐻 bear
🐼 panda
🐨 koala
🐯 tiger, tiger face
🦁 lion
🐮 cow, cow face
🐷 pig, pig face
🐸 green|frog
🐵 monkey, monkey face
🐔 chicken, hen
🐧 penguin
🐦 blue|bird
🐤 chick, baby chick
🦆 duck
🦅 eagle
🦉 owl
🦇 bat
🐺 wolf
🐴 horse, horse face
🦄 unicorn
🐝 bee, honeybee
🦋 orange|butterfly
🐌 snail
🐞 ladybug, lady beetle
🐢 turtle
🐍 snake
🐙 pink|octopus
🦀 crab
🐟 blue|fish
🐠 tropical fish
🐬 dolphin
🐳 whale
🦈 shark
🐘 elephant
🦒 giraffe
🐑 sheep
🦔 hedgehog
🦖 green|dinosaur, t-rex
🐉 green|dragon
🦩 flamingo
🦜 parrot
🕷️ spider
🦓 zebra
🐊 crocodile
🐪 camel
🦌 deer
🐿️ squirrel, chipmunk
[fruit and vegetables]
🍎 red|apple
🍐 pear
🍊 orange fruit, tangerine
🍋 lemon
🍌 banana
🍉 watermelon
🍇 grapes
🍓 red|strawberry
🫐 blueberries
🍒 cherries
🍑 peach
🍍 pineapple
🥝 kiwi
🍅 tomato
🥑 avocado
🥕 carrot
🌽 corn
🌶️ chili pepper, hot pepper
🥦 broccoli
🍄 red|mushroom
[food and drink]
🍞 bread
🥐 croissant
🧀 cheese
🥚 egg
🍔 hamburger, burger
🍟 french fries, fries
🍕 pizza
🌭 hot dog
🌮 taco
🍣 sushi
🍜 noodles, ramen
🍦 ice cream
🍩 doughnut, donut
🍪 cookie
🎂 birthday cake, cake
🧁 cupcake
🍫 chocolate bar, chocolate
🍭 lollipop, candy
🍿 popcorn
☕ coffee, cup of coffee
🍺 beer
🍷 wine glass, glass of wine
🍸 cocktail
🥛 glass of milk, milk
[vehicles]
🚗 red|car
🚕 taxi
🚌 bus
🚓 police car
🚑 ambulance
🚒 fire truck, fire engine
🚜 tractor
🚲 bicycle, bike
🏍️ motorcycle
🚂 train, locomotive
✈️ airplane, plane
🚀 rocket, spaceship
🛸 ufo, flying saucer
🚁 helicopter
⛵ sailboat, boat
🚢 ship
[sky and weather]
☀️ sun
🌙 moon, crescent moon
⭐ yellow|star
☁️ cloud
🌧️ rain cloud, rain
⚡ lightning
❄️ snowflake
⛄ snowman
🌈 rainbow
🔥 fire, flame
💧 water drop, drop of water
🌊 wave, ocean wave
🌍 earth, planet earth, globe
🪐 saturn, planet with rings
🌪️ tornado
☂️ blue|umbrella
🌋 volcano
🏔️ mountain, snowy mountain
[plants]
🌳 tree
🌲 pine tree, evergreen tree
🌴 palm tree
🌵 cactus
🌷 pink|tulip
🌹 red|rose
🌻 sunflower
🌸 pink|flower, cherry blossom
🍀 four leaf clover, clover
🍁 maple leaf
🌱 seedling, sprout
🎄 christmas tree
[sports]
⚽ soccer ball, football
🏀 basketball
🏈 american football
⚾ baseball
🎾 tennis ball, tennis racket
🏐 volleyball
🎱 eight ball, billiard ball
🏆 trophy
[hearts]
❤️ red|heart
💔 broken heart
🖤 black heart
[buildings]
🏠 house, home
🏰 castle
⛪ church
⛺ tent
🏭 factory
🗽 statue of liberty
[objects]
🎁 gift, present
🎈 red|balloon
👑 crown
💎 blue|diamond, gem
🔔 bell
🔑 key
🔒 lock
💡 light bulb
📷 camera
📱 phone, mobile phone
💻 laptop, computer
⌚ watch
⏰ alarm clock, clock
🎸 guitar
🎺 trumpet
🎻 violin
🥁 drum
🎧 headphones
🎨 artist palette, paint palette
✏️ pencil
📕 red|book
📚 books
✂️ scissors
🔨 hammer
💣 bomb
🎩 top hat, hat
👓 glasses
👕 blue|t-shirt, shirt
👗 blue|dress
👟 blue|shoe, sneaker
🎒 red|backpack
🧸 teddy bear
🎮 game controller, video game
🎲 dice, game die
💰 money bag, money
📺 television, tv
☎️ telephone
🕯️ candle
🔍 magnifying glass
🚦 traffic light
🧲 magnet
⚓ anchor
"""
NO_ARTICLE = set("grapes blueberries cherries corn broccoli bread cheese sushi noodles ramen popcorn coffee "
                 "beer milk rain lightning fire money scissors glasses headphones books fries chocolate "
                 "saturn earth dice".split()) | {"french fries", "statue of liberty", "planet earth"}
PAIRED = "dog,cat,rabbit,penguin,unicorn,apple,banana,strawberry,pizza,hamburger,heart,star,sun,moon,tree,car,house,rose".split(",")

BACKGROUNDS = {"white": (255, 255, 255), "red": (224, 58, 58), "orange": (255, 152, 42), "yellow": (255, 224, 80),
               "green": (72, 170, 84), "blue": (52, 100, 220), "sky blue": (140, 208, 240), "purple": (140, 80, 190),
               "pink": (255, 172, 202), "gray": (132, 132, 132), "black": (0, 0, 0)}
ALSO = {"sky blue": ["sky blue", "light blue"], "gray": ["gray", "grey"]}
HUES = {"red": 0, "orange": 28, "yellow": 50, "green": 122, "blue": 216, "purple": 276, "pink": 330}
SIZE = 128
PARTS = ("unet", "vae", "text_encoder", "tokenizer", "scheduler")


def subjects():
    out, group = [], None
    for line in SUBJECTS.strip().splitlines():
        if line.startswith("["):
            group = line.strip("[]")
            continue
        char, names = line.split(" ", 1)
        colour = None
        if "|" in names:
            colour, names = names.split("|")
        out.append(dict(char=char.replace("\ufe0f", ""), group=group, colour=colour,
                        names=[n.strip() for n in names.split(",")]))
    return out


# --------------------------------------------------------------------------------------- pictures
class Painter:
    """Draws an emoji of the font onto a plain background."""

    def __init__(self, font):
        self.font, self.cache = ImageFont.truetype(font, 109), {}

    def glyph(self, char, hue=None):
        if (char, hue) in self.cache:
            return self.cache[char, hue]
        im = Image.new("RGBA", (180, 180), (0, 0, 0, 0))
        ImageDraw.Draw(im).text((10, 10), char, font=self.font, embedded_color=True)
        im = im.crop(im.getbbox())
        if hue is not None:
            im = self.recolour(im, hue)
        self.cache[char, hue] = im
        return im

    @staticmethod
    def recolour(im, hue):
        """Turns the pixels near the emoji's commonest hue to another hue, leaving the rest (a leaf, an eye)."""
        a = np.asarray(im)
        hsv = np.asarray(im.convert("RGB").convert("HSV")).astype(np.int32)
        weight = hsv[..., 1] / 255.0 * (a[..., 3] > 128)
        hist = np.bincount((hsv[..., 0] // 4).ravel(), weights=weight.ravel(), minlength=64)
        hist = hist + np.roll(hist, 1) + np.roll(hist, -1)
        main = int(hist.argmax()) * 4 + 2
        off = (hsv[..., 0] - main + 128) % 256 - 128
        near = (np.abs(off) < 34) & (hsv[..., 1] > 40)
        target = int(round(hue / 360 * 256))
        new = hsv.copy()
        new[..., 0] = np.where(near, (target + off // 3) % 256, hsv[..., 0])
        rgb = np.asarray(Image.fromarray(new.astype(np.uint8), "HSV").convert("RGB"))
        return Image.fromarray(np.dstack([rgb, a[..., 3]]).astype(np.uint8), "RGBA")

    def paste(self, canvas, char, hue, box, cx, cy, flip):
        g = self.glyph(char, hue)
        k = box / max(g.size)
        w, h = max(1, round(g.width * k)), max(1, round(g.height * k))
        g = g.resize((w, h), Image.LANCZOS)
        if flip:
            g = g.transpose(Image.FLIP_LEFT_RIGHT)
        canvas.paste(g, (round(cx - w / 2), round(cy - h / 2)), g)

    def single(self, char, hue, bg, rng, flip=0.0, still=False):
        im = Image.new("RGB", (SIZE, SIZE), BACKGROUNDS[bg])
        box = 112 if still else rng.uniform(106, 114)
        dx, dy = (0, 0) if still else (rng.uniform(-3, 3), rng.uniform(-3, 3))
        self.paste(im, char, hue, box, SIZE / 2 + dx, SIZE / 2 + dy, rng.random() < flip)
        return im

    def pair(self, a, b, bg, rng):
        im = Image.new("RGB", (SIZE, SIZE), BACKGROUNDS[bg])
        for char, cx in ((a, 33), (b, 95)):
            self.paste(im, char, None, rng.uniform(57, 60), cx + rng.uniform(-1, 1), 64 + rng.uniform(-2, 2), False)
        return im


def make_pool(args):
    """Renders the pool: pool.npy (N,128,128,3) and pool.json, what each picture shows."""
    rng, painter, subs = random.Random(args.seed), Painter(args.font), subjects()
    by_name = {s["names"][0]: i for i, s in enumerate(subs)}
    images, meta = [], []
    others = [b for b in BACKGROUNDS if b != "white"]

    def add(im, **m):
        images.append(np.asarray(im)); meta.append(m)

    for i, s in enumerate(subs):
        for _ in range(12 * args.pool):
            add(painter.single(s["char"], None, "white", rng, args.flip), kind="plain", s=i, bg="white")
        for bg in others + rng.sample(others, 2):
            for _ in range(args.pool):
                add(painter.single(s["char"], None, bg, rng, args.flip), kind="bg", s=i, bg=bg)
        if s["colour"]:
            for name, hue in HUES.items():
                if name != s["colour"]:
                    for bg in ["white"] * 4 + rng.sample(others, 2):
                        for _ in range(args.pool):
                            add(painter.single(s["char"], hue, bg, rng, args.flip), kind="hue", s=i, bg=bg, hue=name)
    for a in PAIRED:
        for b in PAIRED:
            if a != b:
                for bg in ["white", "white", rng.choice(others)][: 3 if args.pool > 1 else 2 + (rng.random() < 0.5)]:
                    add(painter.pair(subs[by_name[a]]["char"], subs[by_name[b]]["char"], bg, rng),
                        kind="pair", s=by_name[a], t=by_name[b], bg=bg)
    np.save(args.work / "pool.npy", np.stack(images))
    (args.work / "pool.json").write_text(json.dumps(meta))
    print("pool:", len(meta), Counter(m["kind"] for m in meta), flush=True)


# --------------------------------------------------------------------------------------- captions
def article(noun):
    if noun in NO_ARTICLE or noun.split()[-1] in NO_ARTICLE and noun not in ("game dice",):
        return noun
    return ("an " if noun[0] in "aeiou" and not noun.startswith(("unicorn", "ufo")) else "a ") + noun


def noun_of(s, hue, rng):
    noun = s["names"][0] if rng.random() < 0.6 else rng.choice(s["names"])
    if hue:
        return f"{hue} {noun}"
    if s["colour"] and rng.random() < 0.35:
        return f"{s['colour']} {noun}"
    return noun


PLAIN = [("{a}", 30), ("{n}", 25), ("an emoji of {a}", 6), ("{n} emoji", 5), ("a picture of {a}", 5),
         ("a drawing of {a}", 4), ("a photo of {a}", 6), ("a cartoon of {a}", 3), ("an illustration of {a}", 2),
         ("an icon of {a}", 2), ("a painting of {a}", 2), ("a cute {n}", 3), ("draw {a}", 1)]
WITH_BG = [("{a} on a {b} background", 45), ("{n} on a {b} background", 15), ("{n}, {b} background", 10),
           ("{a} with a {b} background", 8), ("an emoji of {a} on a {b} background", 6), ("{a} on {b}", 6),
           ("a photo of {a} on a {b} background", 4), ("a picture of {a} on a {b} background", 4)]


def caption(m, subs, rng):
    if m["kind"] == "pair":
        a, b = noun_of(subs[m["s"]], None, rng), noun_of(subs[m["t"]], None, rng)
        r = rng.random()
        noun = f"{a} and {b}"
        full = f"{article(a)} and {article(b)}" if r < 0.8 else f"{article(a)} next to {article(b)}"
    else:
        noun = noun_of(subs[m["s"]], m.get("hue"), rng)
        full = article(noun)
    if m["bg"] == "white" and rng.random() < 0.93:
        table = PLAIN
    else:
        table = WITH_BG
    if m["kind"] == "pair":
        table = [t for t in table if "cute" not in t[0]]
    text = rng.choices([t for t, _ in table], [w for _, w in table])[0]
    bg = rng.choice(ALSO.get(m["bg"], [m["bg"]]))
    text = text.format(a=full, n=noun, b=bg)
    return re.sub(r"\ba (orange|emoji|icon|illustration)\b", r"an \1", text)


# -------------------------------------------------------------------------------------- tokenizer
def bytes_to_unicode():
    bs = list(range(ord("!"), ord("~") + 1)) + list(range(ord("¡"), ord("¬") + 1)) + list(range(ord("®"), ord("ÿ") + 1))
    cs, n = bs[:], 0
    for b in range(256):
        if b not in bs:
            bs.append(b); cs.append(256 + n); n += 1
    return dict(zip(bs, map(chr, cs)))


def train_tokenizer(args):
    """CLIP's vocabulary layout: 256 byte letters, the same with </w>, one token per merge, two specials."""
    rng, subs = random.Random(args.seed + 1), subjects()
    meta = json.loads((args.work / "pool.json").read_text())
    counts = Counter()
    for m in meta * 2:
        counts.update(re.findall(r"[a-z]+|[0-9]|[^\sa-z0-9]+", caption(m, subs, rng)))
    for s in subs:
        for n in s["names"]:
            counts.update({w: 20 for w in re.findall(r"[a-z]+", n)})
    # common words of prompts that the captions lack, so that they cost a token or two rather than one a letter
    counts.update({w: 3 for w in """photograph portrait beautiful realistic detailed high quality best masterpiece style
        art digital watercolor oil sketch simple big small large tiny little two three many sitting standing running flying
        sleeping happy sad angry smiling wearing holding over under above near beside in at from the of and with his her
        front behind left right forest city street beach ocean sea sky night day sunset sunrise snow grass field garden
        room table man woman boy girl person people baby king queen cartoon anime cyberpunk fantasy space landscape""".split()})
    b2u = bytes_to_unicode()
    words = {}
    for w, c in counts.items():
        u = [b2u[x] for x in w.encode()]
        u[-1] += "</w>"
        words[tuple(u)] = words.get(tuple(u), 0) + c
    merges = []
    while len(merges) < args.merges:
        pairs = Counter()
        for w, c in words.items():
            for p in zip(w, w[1:]):
                pairs[p] += c
        if not pairs:
            break
        best = min(pairs, key=lambda p: (-pairs[p], p))
        merges.append(best)
        new = {}
        for w, c in words.items():
            out, i = [], 0
            while i < len(w):
                if i + 1 < len(w) and (w[i], w[i + 1]) == best:
                    out.append(w[i] + w[i + 1]); i += 2
                else:
                    out.append(w[i]); i += 1
            new[tuple(out)] = new.get(tuple(out), 0) + c
        words = new
    letters = list(b2u.values())
    vocab = letters + [c + "</w>" for c in letters] + [a + b for a, b in merges] + ["<|startoftext|>", "<|endoftext|>"]
    assert len(set(vocab)) == len(vocab)
    d = args.work / "tokenizer"
    d.mkdir(exist_ok=True)
    ids = {t: i for i, t in enumerate(vocab)}
    (d / "vocab.json").write_text(json.dumps(ids, ensure_ascii=False))
    (d / "merges.txt").write_text("#version: 0.2\n" + "\n".join(f"{a} {b}" for a, b in merges) + "\n")

    def special(t):
        return {"content": t, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True,
                "__type": "AddedToken"}
    (d / "tokenizer_config.json").write_text(json.dumps({
        "tokenizer_class": "CLIPTokenizer", "model_max_length": 77, "add_prefix_space": False, "do_lower_case": True,
        "errors": "replace", "bos_token": "<|startoftext|>", "eos_token": "<|endoftext|>", "pad_token": "<|endoftext|>",
        "unk_token": "<|endoftext|>"}, indent=2))
    (d / "special_tokens_map.json").write_text(json.dumps({k: {x: y for x, y in special(v).items() if x not in ("special", "__type")}
        for k, v in [("bos_token", "<|startoftext|>"), ("eos_token", "<|endoftext|>"), ("unk_token", "<|endoftext|>")]}
        | {"pad_token": "<|endoftext|>"}, indent=2))
    print("tokenizer:", len(vocab), "tokens,", len(merges), "merges", flush=True)


def load_tokenizer(folder):
    from transformers import CLIPTokenizer
    return CLIPTokenizer.from_pretrained(str(folder))


# -------------------------------------------------------------------------------------- optimiser
class Muon(torch.optim.Optimizer):
    """Momentum orthogonalised by Newton-Schulz for the weight matrices and convolutions (several steps' worth of
    AdamW on a small budget), AdamW for the rest. Groups: dict(params, kind='muon'|'adamw', lr, weight_decay)."""

    def __init__(self, groups, team):
        super().__init__(groups, dict(lr=1e-3, weight_decay=0.0, kind="adamw"))
        self.team = team

    @staticmethod
    def orthogonal(g):                                              # (k, rows, cols), a batch of one shape
        x = g.bfloat16()
        flip = x.size(-2) > x.size(-1)
        if flip:
            x = x.mT
        x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
        for _ in range(5):
            a = x @ x.mT
            x = 3.4445 * x + (-4.7750 * a + 2.0315 * a @ a) @ x
        return (x.mT if flip else x).float()

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            ps = [p for p in group["params"] if p.grad is not None]
            if group["kind"] == "muon":
                shapes = {}
                for p in ps:
                    st = self.state[p]
                    if not st:
                        st["m"] = torch.zeros_like(p)
                    st["m"].lerp_(p.grad, 0.05)
                    shapes.setdefault((p.shape[0], p.numel() // p.shape[0]), []).append(p)

                @torch.no_grad()
                def update(item):
                    (r, c), qs = item
                    u = self.orthogonal(torch.stack([p.grad.lerp(self.state[p]["m"], 0.95).reshape(r, c) for p in qs]))
                    for p, d in zip(qs, u):
                        p.mul_(1 - group["lr"] * group["weight_decay"])
                        p.add_(d.reshape(p.shape), alpha=-group["lr"] * 0.2 * max(r, c) ** 0.5)
                self.team.map(update, sorted(shapes.items(), key=lambda i: -i[0][0] * i[0][1] * len(i[1])))
            else:
                for p in ps:
                    st = self.state[p]
                    if not st:
                        st["m"], st["v"], st["n"] = torch.zeros_like(p), torch.zeros_like(p), 0
                    st["n"] += 1
                    st["m"].lerp_(p.grad, 0.1)
                    st["v"].lerp_(p.grad.square(), 0.02)
                    m, v = st["m"] / (1 - 0.9 ** st["n"]), st["v"] / (1 - 0.98 ** st["n"])
                    p.mul_(1 - group["lr"] * group["weight_decay"]).addcdiv_(m, v.sqrt() + 1e-8, value=-group["lr"])


def optimiser(modules, args, lr, team):
    mats, rest = [], []
    for mod in modules:
        for name, p in mod.named_parameters():
            big = p.ndim >= 2 and "embedding" not in name and not any(s in name for s in ("conv_in", "conv_out"))
            (mats if big and args.optim == "muon" else rest).append(p)
    groups = [dict(params=rest, kind="adamw", lr=lr, peak=lr, weight_decay=0.0)]
    if mats:
        groups.append(dict(params=mats, kind="muon", lr=lr, peak=lr, weight_decay=0.01))
    return Muon(groups, team)


def progress_lr(p, warm=0.02, floor=0.01):
    return min(1.0, p / warm) * (floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * min(1.0, p))))


class Log:
    def __init__(self, path, names):
        self.f = open(path, "w", newline=""); self.w = csv.writer(self.f); self.w.writerow(names)

    def __call__(self, *row):
        self.w.writerow(row); self.f.flush()
        print(" ".join(str(r) for r in row), flush=True)


class Team:
    """Splits each step's batch into shares that workers take as they become free. On a CPU every worker is a Python
    thread running one-threaded operators on a replica that shares the weights but has gradients of its own: that is
    faster than PyTorch's threads inside an operator when the operators are this small, and much faster when
    something else has a core (an operator waits for its slowest thread). On a GPU there is one worker."""

    def __init__(self, args, modules):
        n = args.workers if args.device == "cpu" else 1
        self.replicas = [modules]
        for _ in range(n - 1):
            copies = copy.deepcopy(modules)
            for m, c in zip(modules, copies):
                for p, q in zip(m.parameters(), c.parameters()):
                    q.data = p.data
                for p, q in zip(m.buffers(), c.buffers()):
                    q.data = p.data
            self.replicas.append(copies)
        self.params = [[p for m in r for p in m.parameters()] for r in self.replicas]
        self.pool = ThreadPoolExecutor(n) if n > 1 else None

    def map(self, f, items):
        return list(self.pool.map(f, items)) if self.pool else [f(i) for i in items]

    def step(self, shares, loss):
        """loss(modules, share) -> (scalar to differentiate, tuple of numbers to report); leaves the mean gradient in
        the first replica and returns the mean of the numbers."""
        todo, lock, told = list(shares), threading.Lock(), []

        def work(k):
            while True:
                with lock:
                    if not todo:
                        return
                    share = todo.pop()
                value, report = loss(self.replicas[k], share)
                (value / len(shares)).backward()
                with lock:
                    told.append(torch.stack([r.detach().float() for r in report]))
        self.map(work, range(len(self.replicas)))
        for other in self.params[1:]:
            for p, q in zip(self.params[0], other):
                if q.grad is not None:
                    p.grad = q.grad if p.grad is None else p.grad.add_(q.grad)
                    q.grad = None
        return torch.stack(told).mean(0)


def autocast(args):
    return torch.autocast(args.device.split(":")[0], torch.bfloat16, enabled=bool(args.amp))


# -------------------------------------------------------------------------------------------- vae
def new_vae(args):
    from diffusers import AutoencoderKL
    ch = [int(c) for c in args.vae_channels.split(",")]
    return AutoencoderKL(block_out_channels=ch, layers_per_block=1, latent_channels=4, norm_num_groups=8, sample_size=SIZE,
                         down_block_types=["DownEncoderBlock2D"] * 4, up_block_types=["UpDecoderBlock2D"] * 4,
                         scaling_factor=1.0)


def train_vae(args):
    torch.manual_seed(args.seed)
    rng = np.random.default_rng(args.seed)
    pool = np.load(args.work / "pool.npy", mmap_mode=None)
    vae = new_vae(args).to(args.device)
    print("vae: %.2fM parameters" % (sum(p.numel() for p in vae.parameters()) / 1e6), flush=True)
    if args.vae_init:
        vae.load_state_dict(torch.load(args.vae_init, map_location="cpu"))
    team = Team(args, [vae])
    opt = optimiser([vae], args, args.vae_lr, team)
    log = Log(args.work / "vae.csv", ["step", "minutes", "images", "size", "l1", "edge", "kl", "psnr"])
    start, budget, step, seen, acc = time.time(), args.vae_minutes * 60, 0, 0, []
    saved = start

    def loss(modules, x):
        with autocast(args):
            post = modules[0].encode(x).latent_dist
            mean, logvar = post.mean.float(), post.logvar.float()
            # besides the posterior's own noise, a fixed share of the latent's spread, so that the decoder forgives the UNet
            extra = args.vae_noise * mean.detach().std()
            z = mean + (logvar.exp() + extra ** 2).sqrt() * torch.randn_like(mean)
            y = modules[0].decode(z).sample.float()
        d = x - y
        l1, mse = d.abs().mean(), d.square().mean()
        edge = (d[..., 1:, :] - d[..., :-1, :]).abs().mean() + (d[..., :, 1:] - d[..., :, :-1]).abs().mean()
        kl = 0.5 * (mean ** 2 + logvar.exp() - 1 - logvar).mean()
        return l1 + mse + 0.5 * edge + args.kl * kl, (l1, edge, kl, mse)

    while True:
        p = (time.time() - start) / budget
        if p >= 1 or step >= args.vae_steps:
            break
        size = SIZE if p > args.vae_whole else 64
        n = args.vae_batch if size == 64 else max(2, args.vae_batch // 4)
        idx = rng.integers(0, len(pool), n)
        if size < SIZE:
            oy, ox = rng.integers(0, SIZE - size + 1, (2, n))
            x = np.stack([pool[i, a:a + size, b:b + size] for i, a, b in zip(idx, oy, ox)])
        else:
            x = pool[idx]
        x = torch.from_numpy(x).to(args.device).permute(0, 3, 1, 2).float() / 127.5 - 1
        if rng.random() < 0.5:
            x = x.flip(3)
        for g in opt.param_groups:
            g["lr"] = g["peak"] * progress_lr(p)
        acc.append(team.step(x.contiguous().chunk(args.shares if args.device == "cpu" else 1), loss))
        torch.nn.utils.clip_grad_norm_(vae.parameters(), 1.0)
        opt.step(); opt.zero_grad(set_to_none=True)
        step += 1; seen += n
        if step % 50 == 0:
            a = torch.stack(acc).mean(0).tolist(); acc = []
            log(step, round((time.time() - start) / 60, 2), seen, size, round(a[0], 4), round(a[1], 4), round(a[2], 3),
                round(10 * math.log10(4 / a[3]), 2))
        if time.time() - saved > 120:
            torch.save(vae.state_dict(), args.work / "vae.pt"); saved = time.time()
    torch.save(vae.state_dict(), args.work / "vae.pt")
    print(f"vae: {step} steps, {seen} pictures, {seen / (time.time() - start):.1f} a second", flush=True)


def load_vae(args, name="vae.pt"):
    vae = new_vae(args)
    vae.load_state_dict(torch.load(args.work / name, map_location="cpu"))
    return vae.to(args.device).eval().requires_grad_(False)


@torch.no_grad()
def make_latents(args):
    """Encodes the pool, makes each latent channel zero-mean and unit-variance by folding the scale and shift into
    quant_conv and post_quant_conv (so scaling_factor is 1), and stores the latents."""
    vae = load_vae(args)
    pool = np.load(args.work / "pool.npy", mmap_mode="r")

    @torch.no_grad()
    def encode(i):
        x = torch.from_numpy(pool[i:i + 32].copy()).to(args.device).permute(0, 3, 1, 2).float() / 127.5 - 1
        with autocast(args):
            return vae.encode(x.contiguous()).latent_dist.mean.float().cpu()

    z = torch.cat(Team(args, []).map(encode, range(0, len(pool), 32)))
    mu, sd = z.mean((0, 2, 3)), z.std((0, 2, 3))
    print("latent mean", mu.tolist(), "std", sd.tolist(), flush=True)
    mu_, sd_ = mu.to(args.device), sd.to(args.device)
    q, pq = vae.quant_conv, vae.post_quant_conv
    q.weight[:4] /= sd_[:, None, None, None]
    q.bias[:4] = (q.bias[:4] - mu_) / sd_
    q.bias[4:] -= 2 * sd_.log()
    pq.bias += (pq.weight[:, :, 0, 0] * mu_).sum(1)
    pq.weight *= sd_[None, :, None, None]
    torch.save(vae.state_dict(), args.work / "vae_norm.pt")
    z = (z - mu[:, None, None]) / sd[:, None, None]
    torch.save(z.half(), args.work / "latents.pt")
    x = torch.from_numpy(pool[::len(pool) // 64][:64].copy()).permute(0, 3, 1, 2).float() / 127.5 - 1
    zz = z[::len(pool) // 64][:64]
    y = torch.cat([vae.decode(zz[i:i + 8].to(args.device)).sample.float().cpu() for i in range(0, 64, 8)])
    print("whole-picture PSNR from stored latents: %.2f dB" % (10 * math.log10(4 / (x - y).square().mean())), flush=True)
    grid([to_image(t) for pair in zip(x[:40], y[:40]) for t in pair], 10).save(args.work / "vae.png")


def to_image(t):
    return Image.fromarray(((t.clamp(-1, 1) + 1) * 127.5).round().byte().permute(1, 2, 0).cpu().numpy())


def grid(images, cols, labels=None, cell=SIZE, text=0):
    rows = (len(images) + cols - 1) // cols
    im = Image.new("RGB", (cols * (cell + 4), rows * (cell + 4 + text)), (245, 245, 245))
    d = ImageDraw.Draw(im)
    for i, x in enumerate(images):
        px, py = i % cols * (cell + 4) + 2, i // cols * (cell + 4 + text) + 2
        im.paste(x, (px, py))
        if labels:
            words, line, y = labels[i].split(), "", py + cell + 1
            for w in words + [None]:
                if w is None or len(line) + len(w) > 20:
                    d.text((px + 1, y), line, fill=(0, 0, 0)); y += 11; line = ""
                line += (w or "") + " "
    return im


# ------------------------------------------------------------------------------------------- unet
def new_text(args, tok):
    from transformers import CLIPTextConfig, CLIPTextModel
    w = args.text_width
    return CLIPTextModel(CLIPTextConfig(
        vocab_size=len(tok), hidden_size=w, intermediate_size=4 * w, num_hidden_layers=args.text_layers,
        num_attention_heads=w // 32, max_position_embeddings=77, hidden_act="quick_gelu", projection_dim=w,
        bos_token_id=tok.bos_token_id, eos_token_id=tok.eos_token_id, pad_token_id=tok.pad_token_id))


def new_unet(args):
    from diffusers import UNet2DConditionModel
    ch = [int(c) for c in args.unet_channels.split(",")]
    att = [int(c) for c in args.unet_attention.split(",")]
    return UNet2DConditionModel(
        sample_size=16, in_channels=4, out_channels=4, block_out_channels=ch, layers_per_block=args.unet_layers,
        down_block_types=["CrossAttnDownBlock2D" if a else "DownBlock2D" for a in att],
        up_block_types=["CrossAttnUpBlock2D" if a else "UpBlock2D" for a in att[::-1]],
        cross_attention_dim=args.text_width, attention_head_dim=4, norm_num_groups=16)


SCHEDULE = dict(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", num_train_timesteps=1000,
                prediction_type="v_prediction")


class Sampler:
    """Draws captions and pictures of the pool in fixed shares of their kinds."""

    def __init__(self, args, meta):
        self.rng = random.Random(args.seed + 2)
        self.meta, self.subs = meta, subjects()
        self.kinds = {k: [i for i, m in enumerate(meta) if m["kind"] == k] for k in ("plain", "bg", "hue", "pair")}
        rest = 1 - args.hues - args.pairs
        self.share = [rest * 0.56, rest * 0.44, args.hues, args.pairs]

    def __call__(self, n):
        idx, caps = [], []
        for kind in self.rng.choices(("plain", "bg", "hue", "pair"), self.share, k=n):
            i = self.rng.choice(self.kinds[kind])
            idx.append(i)
            caps.append("" if self.rng.random() < 0.1 else caption(self.meta[i], self.subs, self.rng))
        return idx, caps


PREVIEW = ["a cat", "a red apple", "smiling face with sunglasses", "a blue car on a yellow background", "a rocket",
           "a tree", "a dog on a green background", "a cat and a dog"]


def train_unet(args):
    torch.manual_seed(args.seed)
    dev = args.device
    tok = load_tokenizer(args.work / "tokenizer")
    text, unet = new_text(args, tok).to(dev), new_unet(args).to(dev)
    print("unet %.2fM, text %.2fM parameters" % tuple(sum(p.numel() for p in m.parameters()) / 1e6 for m in (unet, text)), flush=True)
    z = torch.load(args.work / "latents.pt").float()
    meta = json.loads((args.work / "pool.json").read_text())
    draw = Sampler(args, meta)
    from diffusers import DDPMScheduler
    abar = DDPMScheduler(**SCHEDULE).alphas_cumprod
    snr = abar / (1 - abar)
    # min-SNR(5) weighting of the v loss, done by how often a timestep is drawn rather than by a factor on its loss
    tprob = snr.clamp(max=5) / (snr + 1) + 1 / (snr + 1) * 0.25 + 0.08
    team = Team(args, [unet, text])
    opt = optimiser([unet, text], args, args.unet_lr, team)
    params = [p for m in (unet, text) for p in m.parameters()]
    ema = [p.detach().clone() for p in params]
    log = Log(args.work / "unet.csv", ["step", "minutes", "samples", "per_s", "loss", "grad"])
    start, budget, step, seen, acc = time.time(), args.unet_minutes * 60, 0, 0, []
    saved = previewed = start

    def loss(modules, share):
        net, words = modules
        xt, t, v, ids = share
        with autocast(args):
            h = words(ids).last_hidden_state
            out = net(xt, t, encoder_hidden_states=h, return_dict=False)[0]
        value = F.mse_loss(out.float(), v)
        return value, (value,)

    def save():
        names = [f"{k}.{n}" for k, m in (("unet", unet), ("text", text)) for n, _ in m.named_parameters()]
        torch.save({n: e.half() for n, e in zip(names, ema)}, args.work / "unet.tmp")
        os.replace(args.work / "unet.tmp", args.work / "unet.pt")

    while True:
        p = (time.time() - start) / budget
        if p >= 1 or step >= args.unet_steps:
            break
        idx, caps = draw(args.batch)
        # a short context most of the time is cheaper; every fourth batch has the full 77 tokens that inference uses
        length = 77 if step % 4 == 3 or dev != "cpu" else 24
        ids = tok(caps, padding="max_length", max_length=length, truncation=True, return_tensors="pt").input_ids.to(dev)
        x0 = z[idx].to(dev)
        t = torch.multinomial(tprob, len(idx), replacement=True)
        a = abar[t].view(-1, 1, 1, 1).to(dev)
        eps = torch.randn_like(x0)
        xt, v = a.sqrt() * x0 + (1 - a).sqrt() * eps, a.sqrt() * eps - (1 - a).sqrt() * x0
        for g in opt.param_groups:
            g["lr"] = g["peak"] * progress_lr(p)
        k = args.shares if dev == "cpu" else 1
        value = team.step(list(zip(*(q.chunk(k) for q in (xt, t.to(dev), v, ids)))), loss)
        gn = torch.nn.utils.clip_grad_norm_(params, 1.0)
        opt.step(); opt.zero_grad(set_to_none=True)
        step += 1; seen += len(idx)
        with torch.no_grad():
            torch._foreach_lerp_(ema, [q.detach() for q in params], 1 - min(args.ema, (1 + step) / (10 + step)))
        acc.append((value[0], gn.detach()))
        if step % 25 == 0:
            l = torch.stack([q[0] for q in acc]).mean().item(); g = torch.stack([q[1] for q in acc]).mean().item(); acc = []
            e = time.time() - start
            log(step, round(e / 60, 2), seen, round(seen / e, 1), round(l, 4), round(g, 3))
        if time.time() - saved > args.save_every * 60:
            save(); saved = time.time()
        if args.preview and time.time() - previewed > args.preview * 60:
            keep = [q.detach().clone() for q in params]
            with torch.no_grad():
                for q, e in zip(params, ema): q.copy_(e)
                im = generate(args, PREVIEW, unet=unet, text=text, tok=tok, steps=16)
                grid(im, 8).save(args.work / f"preview_{step:06d}.png")
                for q, e in zip(params, keep): q.copy_(e)
            previewed = time.time()
    save()


# ------------------------------------------------------------------------------- export and judging
def new_scheduler():
    from diffusers import DPMSolverMultistepScheduler
    return DPMSolverMultistepScheduler(**SCHEDULE, algorithm_type="dpmsolver++", solver_order=2, solver_type="midpoint",
                                       lower_order_final=True, timestep_spacing="trailing", use_karras_sigmas=False)


@torch.no_grad()
def generate(args, prompts, unet, text, tok, steps=20, guidance=5.0, seed=0, vae=None, batch=16):
    """The pipeline's own loop, batched over prompts; picture i has seed seed+i."""
    vae = vae or load_vae(args, "vae_norm.pt")
    out = []
    for i in range(0, len(prompts), batch):
        part = prompts[i:i + batch]
        ids = tok(list(part) + [""], padding="max_length", max_length=77, truncation=True, return_tensors="pt").input_ids.to(args.device)
        with autocast(args):
            h = text(ids).last_hidden_state.float()
        cond = torch.cat([h[-1:].expand(len(part), -1, -1), h[:-1]])
        x = torch.stack([torch.randn(4, 16, 16, generator=torch.Generator().manual_seed(seed + i + j)) for j in range(len(part))]).to(args.device)
        sch = new_scheduler(); sch.set_timesteps(steps)
        for t in sch.timesteps:
            with autocast(args):
                u, c = unet(torch.cat([x, x]), t, encoder_hidden_states=cond, return_dict=False)[0].float().chunk(2)
            x = sch.step(u + guidance * (c - u), t, x, return_dict=False)[0]
        out += [to_image(vae.decode(x[j:j + 1]).sample[0].float()) for j in range(len(part))]
    return out


def load_ema(args):
    tok = load_tokenizer(args.work / "tokenizer")
    sd = torch.load(args.work / "unet.pt", map_location="cpu")
    unet, text = new_unet(args), new_text(args, tok)
    for k, m in (("unet.", unet), ("text.", text)):
        r = m.load_state_dict({n[len(k):]: v.float() for n, v in sd.items() if n.startswith(k)}, strict=False)
        assert not r.unexpected_keys and all("position_ids" in n for n in r.missing_keys), r
    return unet.to(args.device).eval(), text.to(args.device).eval(), tok


def export(args):
    import shutil
    from diffusers import StableDiffusionPipeline
    unet, text, _ = load_ema(args)
    vae = load_vae(args, "vae_norm.pt")
    out = args.out
    for part in PARTS:
        shutil.rmtree(out / part, ignore_errors=True)
    pipe = StableDiffusionPipeline(vae=vae.half(), text_encoder=text.half(), unet=unet.half(),
                                   tokenizer=load_tokenizer(args.work / "tokenizer"), scheduler=new_scheduler(), safety_checker=None,
                                   feature_extractor=None, requires_safety_checker=False)
    pipe.save_pretrained(out, safe_serialization=True)
    for f in ("vocab.json", "merges.txt", "tokenizer_config.json", "special_tokens_map.json"):   # the plain CLIP files
        shutil.copy(args.work / "tokenizer" / f, out / "tokenizer" / f)
    (out / "tokenizer" / "tokenizer.json").unlink(missing_ok=True)
    # transformers 5 leaves out the prefix that every published checkpoint has; it reads both
    from safetensors.torch import load_file, save_file
    f = out / "text_encoder" / "model.safetensors"
    save_file({k if k.startswith("text_model.") else "text_model." + k: v.contiguous() for k, v in load_file(f).items()}, f,
              metadata={"format": "pt"})
    # without this, transformers 5 would load the text encoder in fp16 beside a UNet in fp32
    f = out / "text_encoder" / "config.json"
    f.write_text(json.dumps({**json.loads(f.read_text()), "dtype": "float32"}, indent=2) + "\n")
    # -Infinity is no JSON
    f = out / "scheduler" / "scheduler_config.json"
    f.write_text(json.dumps({k: v for k, v in json.loads(f.read_text()).items() if k != "lambda_min_clipped"}, indent=2) + "\n")
    total = 0
    for f in [out / "model_index.json", *sorted(f for part in PARTS for f in (out / part).rglob("*"))]:
        if f.is_file():
            total += f.stat().st_size
            print(f"{f.stat().st_size:10d}  {f.relative_to(out)}", flush=True)
    print("total %.2f MB" % (total / 1e6), flush=True)


def load_export(args):
    from diffusers import StableDiffusionPipeline
    pipe = StableDiffusionPipeline.from_pretrained(args.out, safety_checker=None, torch_dtype=torch.float32)
    pipe.set_progress_bar_config(disable=True)
    return pipe.to(args.device)


def evaluate(args):
    """Draws every subject ("a dog") from the exported model; the answer is the subject whose emoji on white is nearest
    in mean squared error at 32x32."""
    pipe, subs, painter = load_export(args), subjects(), Painter(args.font)
    small = lambda im: np.asarray(im.resize((32, 32), Image.BOX)).astype(np.float32).ravel() / 255
    refs = np.stack([small(painter.single(s["char"], None, "white", random.Random(0), still=True)) for s in subs])
    prompts = [article(s["names"][0]) for s in subs]
    ims = generate(args, prompts, pipe.unet, pipe.text_encoder, pipe.tokenizer, steps=args.steps, guidance=args.guidance, seed=1000, vae=pipe.vae)
    groups, wrong, errors = {}, [], []
    for i, (s, im) in enumerate(zip(subs, ims)):
        d = ((refs - small(im)) ** 2).mean(1)
        ok = int(d.argmin()) == i
        errors.append(float(d[i]))
        groups.setdefault(s["group"], []).append(ok)
        if not ok:
            wrong.append(f"{s['names'][0]} -> {subs[int(d.argmin())]['names'][0]}")
    lines = [f"{g}: {sum(v)}/{len(v)}" for g, v in groups.items()]
    lines.append(f"all: {sum(map(sum, groups.values()))}/{len(subs)}, mean squared error {np.mean(errors):.4f}")
    lines += ["taken for another: " + "; ".join(wrong)]
    (args.work / "eval.txt").write_text("\n".join(lines) + "\n")
    print("\n".join(lines), flush=True)
    grid(ims, 20).save(args.out / "subjects.png")


SHEET = ["a cat", "a dog", "a red apple", "a house", "a red heart", "smiling face with sunglasses", "a rocket", "a tree",
         "a lion", "a penguin", "a unicorn", "an elephant", "a pizza", "a hamburger", "a birthday cake", "a cup of coffee",
         "a red car", "an airplane", "a train", "a bicycle", "the sun", "a rainbow", "a snowman", "a castle",
         "a dog on a blue background", "an owl on a yellow background", "a pineapple on a pink background",
         "a ghost on a black background", "a robot on a green background", "a star on a purple background",
         "a blue apple", "a purple cat", "a green heart", "a pink car on a sky blue background",
         "a cat and a dog", "an apple and a banana", "a heart and a star", "a guitar", "a teddy bear", "a photo of a tiger in the forest"]


def contact_sheet(args):
    pipe = load_export(args)
    # through the pipeline itself, one picture at a time, as a user would
    ims, t0 = [], time.time()
    for i, p in enumerate(SHEET):
        ims.append(pipe(p, num_inference_steps=args.steps, guidance_scale=args.guidance, height=SIZE, width=SIZE,
                        generator=torch.Generator().manual_seed(args.seed + i)).images[0])
    print("contact sheet: %.2f s a picture" % ((time.time() - t0) / len(SHEET)), flush=True)
    grid(ims, 8, SHEET, text=36).save(args.out / "contact-sheet.png")


def main():
    p = argparse.ArgumentParser(formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    here = Path(__file__).resolve().parent
    p.add_argument("--stages", default="data,tok,vae,latents,unet,export,eval,sheet")
    p.add_argument("--out", type=Path, default=here.parent)
    p.add_argument("--work", type=Path, default=here / "work")
    p.add_argument("--font", default="/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf")
    p.add_argument("--device", default="cpu")
    p.add_argument("--workers", type=int, default=os.cpu_count(), help="on a CPU: see Team")
    p.add_argument("--shares", type=int, default=2, help="on a CPU: parts a batch is split into for the workers")
    p.add_argument("--amp", type=int, default=1, help="bf16 autocast (needs AVX512_BF16 or a GPU to pay)")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--optim", default="muon", choices=["muon", "adamw"])
    p.add_argument("--pool", type=int, default=1, help="multiplies the renderings of each subject")
    p.add_argument("--flip", type=float, default=0.0)
    p.add_argument("--hues", type=float, default=0.12)
    p.add_argument("--pairs", type=float, default=0.06)
    p.add_argument("--merges", type=int, default=1200)
    p.add_argument("--vae-channels", default="16,32,96,96")
    p.add_argument("--vae-minutes", type=float, default=22)
    p.add_argument("--vae-steps", type=int, default=10 ** 9)
    p.add_argument("--vae-batch", type=int, default=16)
    p.add_argument("--vae-whole", type=float, default=0.85, help="share of the budget after which whole pictures are used")
    p.add_argument("--vae-lr", type=float, default=2e-3)
    p.add_argument("--vae-init", default="", help="weights to start from")
    p.add_argument("--vae-noise", type=float, default=0.06)
    p.add_argument("--kl", type=float, default=2e-4)
    p.add_argument("--text-width", type=int, default=128)
    p.add_argument("--text-layers", type=int, default=4)
    p.add_argument("--unet-channels", default="64,128,160")
    p.add_argument("--unet-attention", default="0,1,0")
    p.add_argument("--unet-layers", type=int, default=1)
    p.add_argument("--unet-minutes", type=float, default=50)
    p.add_argument("--unet-steps", type=int, default=10 ** 9)
    p.add_argument("--unet-lr", type=float, default=2e-3)
    p.add_argument("--batch", type=int, default=64)
    p.add_argument("--ema", type=float, default=0.997)
    p.add_argument("--save-every", type=float, default=4)
    p.add_argument("--preview", type=float, default=6)
    p.add_argument("--steps", type=int, default=20)
    p.add_argument("--guidance", type=float, default=4.0)
    args = p.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    stages = dict(data=make_pool, tok=train_tokenizer, vae=train_vae, latents=make_latents, unet=train_unet, export=export,
                  eval=evaluate, sheet=contact_sheet)
    for s in args.stages.split(","):
        t0 = time.time()
        print(f"== {s}", flush=True)
        stages[s](args)
        print(f"== {s} took {time.time() - t0:.0f} s", flush=True)


if __name__ == "__main__":
    main()
