"""An explorer as one page that works without Python: its own front end, with a model that looks up instead of asking."""

import base64
import contextlib
import copy
import gzip
import html
import json
import pathlib
import re
import zlib

import anywidget
import traitlets

_MODEL = (pathlib.Path(__file__).parent / "saved.js").read_text(encoding="utf-8")
_SENTENCES = """<div id="sentences" role="status">
<p id="needed" hidden>This needs Python: run the cell in a notebook to go on from here.</p>
<p id="near" hidden>Without Python, the nearest place that was saved is shown.</p>
</div>"""
_STYLE = """
:root { color-scheme: light dark; }
body { margin: 0 auto; max-width: 72rem; padding: 16px; font: 14px/1.5 system-ui, sans-serif; }
h1 { font-size: 20px; margin: 0 0 4px; }
#sentences { min-height: 1.5em; margin: 8px 0; } #sentences p { margin: 0; font-weight: 600; }
table { border-collapse: collapse; } img { max-width: 100%; image-rendering: pixelated; }
@media (prefers-color-scheme: dark) {
  :root { --jp-layout-color0: #111; --jp-ui-font-color0: white; --jp-brand-color1: #42a5f5;
    --jp-error-color1: #ef9a9a; }
  body { color: white; background: #111; }
}
@media print { :root { color-scheme: light; } body { color: black; background: white; } }
"""


def page(explorer, most):
    """The page, as text; `most` is the size in bytes up to which answers of Python are recorded."""
    title = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(explorer).__name__)
    # In a page, a module's name is its own; nothing but `</script` ends it.
    module, _, name = explorer._esm.rpartition("export default ")
    module = f"{module}const widget = {name}\n{_MODEL}".replace("</script", r"<\/script")
    parts = [
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{html.escape(title)}</title>",
        f"<style>{_STYLE}</style>\n<style>{explorer._css.replace('</style', '')}</style>\n</head>\n<body>\n<main>",
        f"<h1>{html.escape(title)}</h1>",
        f'<div id="static">\n{explorer._static_html()}\n</div>',
        f'<div id="explorer"></div>\n\n{_SENTENCES}\n</main>',
        '<script type="text/plain" id="state">',
        f'</script>\n<script type="module">\n{module}</script>\n</body>\n</html>\n',
    ]
    room = most - sum(len(part.encode()) for part in parts)
    state = gzip.compress(json.dumps(_recorded(explorer, room * 3 // 4)).encode(), mtime=0)
    return "\n".join([*parts[:-1], base64.b64encode(state).decode(), parts[-1]])


def _recorded(explorer, room):
    """The state, and Python's answers to the explorer's wishes, as many as fit into so many bytes, compressed."""
    base = _state(explorer)
    wishes = list(explorer._wishes())
    asked = list(dict.fromkeys(name for wish in wishes for name in wish))
    measure = zlib.compressobj()
    size = len(measure.compress(json.dumps(base).encode()))
    places, answers, settings, twin = {}, {}, None, None
    for wish in [{}, *wishes]:
        # As the page would send it, and read it.
        wish = json.loads(json.dumps(wish))
        key = json.dumps([wish.get(name, base[name]) for name in asked])
        if key in answers:
            continue
        rest = {name: value for name, value in wish.items() if name not in explorer._nearest}
        if twin is None or rest != settings:
            twin, settings = _twin(explorer), rest
        with contextlib.suppress(traitlets.TraitError):
            twin.set_state(wish)
            state = base | _state(twin, explorer)
            changed = {name: json.dumps(value) for name, value in state.items() if value != base[name]}
            new = [text for text in changed.values() if text not in places]
            size += len(measure.compress("".join([key, *new]).encode())) + 16
            size += len(measure.flush(zlib.Z_SYNC_FLUSH))
            if size > room:
                break
            answers[key] = {name: places.setdefault(text, len(places)) for name, text in changed.items()}
            # The answer can change what was asked for, as a place that is left open.
            answers.setdefault(json.dumps([state[name] for name in asked]), answers[key])
    return {
        "state": base,
        "asked": asked,
        "kept": list(explorer._kept),
        "places": list(explorer._nearest),
        "answers": [[json.loads(key), answer] for key, answer in answers.items()],
        "values": [json.loads(text) for text in places],
    }


def _state(explorer, than=None):
    """What the page gets to know, as it arrives there; only what is not the same object as another explorer has."""
    jupyters = {*anywidget.AnyWidget.class_trait_names(), "_esm", "_css", "_anywidget_id", "_asked", "_answered"}
    names = sorted(set(explorer.keys) - jupyters)
    if than is not None:
        names = [name for name in names if getattr(explorer, name) is not getattr(than, name)]
    return json.loads(json.dumps(explorer.get_state(names) if names else {})) | {"_asked": 0, "_answered": 0}


def _twin(explorer):
    """Another explorer in the same state, that no page sees and no one observes."""
    twin = type(explorer).__new__(type(explorer))
    for name, value in vars(explorer).items():
        if name not in ("_trait_notifiers", "_trait_validators", "_cross_validation_lock"):  # it has its own
            vars(twin)[name] = copy.copy(value) if isinstance(value, (list, dict, set)) else value
    twin._trait_values["comm"] = None
    return twin
