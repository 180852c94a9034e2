"""The lessons as they are stored: what nbval does not look at."""

import re
import statistics
from html.parser import HTMLParser

import nbformat
import pytest

import notebooks

TAGS = {"exercise", "use", "nbval-ignore-output", "nbval-raises-exception", "raises-exception"}
LESSONS = notebooks.lessons()


class Images(HTMLParser):
    """Collects the alternative text of each <img>."""

    def __init__(self, html):
        super().__init__()
        self.alts = []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        if tag == "img":
            self.alts.append(dict(attributes).get("alt") or "")


def problems(notebook, folder=notebooks.FOLDER):
    """Everything wrong with a stored notebook, a line each."""
    found = [f"notebook metadata: {key}" for key in notebook.metadata if key not in ("kernelspec", "language_info")]
    ids = [cell.id for cell in notebook.cells]
    found += [f"{i}: not a stable id" for i in ids if not re.fullmatch(r"[a-z][a-z0-9-]+", i) or ids.count(i) > 1]
    for cell in notebook.cells:
        found += [f"{cell.id}: metadata {key}" for key in cell.metadata if key != "tags"]
        found += [f"{cell.id}: unknown tag {tag}" for tag in cell.metadata.get("tags", []) if tag not in TAGS]
        if cell.cell_type == "markdown":
            found += [f"{cell.id}: a picture without alternative text" for _ in re.findall(r"!\[\s*\]\(", cell.source)]
            for target, anchor in re.findall(r"\]\(([^)#\s]*)#?([^)\s]*)\)", cell.source):
                if "://" not in target and not leads_somewhere(folder, target, anchor, notebook):
                    found.append(f"{cell.id}: links to {target}{'#' * bool(anchor)}{anchor}, which is not there")
    cells = notebooks.code_cells(notebook)
    for number, cell in enumerate(cells, start=1):
        found += [f"{cell.id}: a line too long to see whole" for line in cell.source.splitlines() if len(line) > 100]
        if cell.execution_count != number:
            found.append(f"{cell.id}: stored un-run, or out of order (execution count {cell.execution_count})")
        for output in cell.outputs:
            found += [f"{cell.id}: {problem}" for problem in problems_of_output(output, cell)]
    lengths = [sum(bool(line.strip()) for line in cell.source.splitlines()) for cell in cells]
    if lengths and (statistics.median(lengths) > 6 or max(lengths) > 20):
        found.append(f"code cells of {statistics.median(lengths)} lines (median), {max(lengths)} (longest)")
    return found


def leads_somewhere(folder, target, anchor, notebook):
    """Whether a file is there, and in a notebook the heading that is named."""
    if target and not (folder / target).exists():
        return False
    page = nbformat.read(folder / target, as_version=4) if target.endswith(".ipynb") else notebook
    text = "\n".join(cell.source for cell in page.cells if cell.cell_type == "markdown")
    headings = re.findall(r"^#+ (.*)$", text, flags=re.MULTILINE)
    return not anchor or anchor in [heading.replace(" ", "-") for heading in headings]


def problems_of_output(output, cell):
    data = output.get("data", {})
    text = "".join([output.get("text", ""), data.get("text/plain", ""), data.get("text/html", "")])
    alts = Images(data.get("text/html", "")).alts
    if output.output_type == "error" and "raises-exception" not in cell.metadata.get("tags", []):
        yield f"an error: {output.evalue}"
    if output.get("name") == "stderr":
        yield f"a warning: {output.text}"
    if notebooks.VIEW in data:
        yield "a widget view, which a reopened notebook cannot show"
    if any(kind.startswith("image/") for kind in data) and not alts or "" in alts:
        yield "a picture without alternative text"
    if machine := re.search(r"/(home|root|tmp|Users|work)/\S*|0x[0-9a-f]{6,}", re.sub(r"base64,[^\"]*", "", text)):
        yield f"something of this machine: {machine.group()}"


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_stored_lesson_has_no_problems(path):
    assert problems(nbformat.read(path, as_version=4)) == []


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_leads_to_the_one_before_and_after(path):
    last = nbformat.read(path, as_version=4).cells[-1]
    assert (last.id, last.source) == ("navigation", notebooks.link(path, LESSONS))


def stored(**changes):
    """A small notebook without problems, then changed."""
    text = nbformat.v4.new_markdown_cell(changes.pop("text", "One and one."), id="text")
    cell = nbformat.v4.new_code_cell("1 + 1", id="sum", execution_count=1)
    cell.outputs = [nbformat.v4.new_output("display_data", {"text/plain": "2"})]
    cell.update(changes)
    return nbformat.v4.new_notebook(cells=[text, cell])


def display(**data):
    return [nbformat.v4.new_output("display_data", {key.replace("_", "/"): value for key, value in data.items()})]


@pytest.mark.parametrize(
    "changes, words",
    [
        (dict(execution_count=None), "stored un-run"),
        (dict(id="3f2a91bc"), "not a stable id"),
        (dict(metadata={"collapsed": True}), "metadata collapsed"),
        (dict(metadata={"tags": ["nbval-skip"]}), "unknown tag"),
        (dict(source="x\n" * 7), "7 lines (median)"),
        (dict(source="1" * 101), "a line too long"),
        (dict(outputs=display(image_png="abc")), "without alternative text"),
        (dict(outputs=display(text_html='<img src="data:">', image_png="abc")), "without alternative text"),
        (dict(outputs=display(text_plain="/home/ada/x.npz")), "of this machine: /home/ada"),
        (dict(outputs=display(text_plain="<object at 0x7f3c2a10>")), "of this machine: 0x7f3c2a10"),
        (dict(outputs=[nbformat.v4.new_output("display_data", {notebooks.VIEW: {}})]), "a widget view"),
        (dict(outputs=[nbformat.v4.new_output("error", ename="E", evalue="no", traceback=[])]), "an error: no"),
        (dict(outputs=[nbformat.v4.new_output("stream", name="stderr", text="careful")]), "a warning: careful"),
        (dict(text="[there](nowhere.ipynb)"), "nowhere.ipynb, which is not there"),
        (dict(text="[there](#nowhere)"), "#nowhere, which is not there"),
        (dict(text="[word](glossary.ipynb#nonsense)"), "glossary.ipynb#nonsense, which is not there"),
        (dict(text="![](x.png)"), "without alternative text"),
    ],
)
def test_each_problem_is_found(changes, words):
    assert problems(stored()) == []
    assert any(words in problem for problem in problems(stored(**changes)))
