import numpy as np
import pytest

from cnnlab import plots


def test_a_kernel_shows_its_numbers_and_says_them():
    picture = plots.show_kernel([[1, 0, -1], [2.5, 0, -2]], "Edges")
    assert picture.alt == "Edges. Kernel of 2 by 3, row by row: 1 0 −1; 2.5 0 −2."
    [ax] = picture.figure.axes
    assert [text.get_text() for text in ax.texts] == ["1", "0", "−1", "2.5", "0", "−2"]
    np.testing.assert_array_equal(ax.images[0].get_array(), [[1, 0, -1], [2.5, 0, -2]])
    assert ax.images[0].get_clim() == (-2.5, 2.5)


def test_filters_are_columns_and_channels_rows():
    weights = np.random.default_rng(0).normal(size=(3, 3, 2, 20))
    picture = plots.show_kernel(weights)
    axes = np.reshape(picture.figure.axes, (2, 8))
    for (channel, number), ax in np.ndenumerate(axes):
        np.testing.assert_array_equal(ax.images[0].get_array(), weights[:, :, channel, number])
        assert ax.images[0].get_clim() == (-abs(weights).max(), abs(weights).max())
    assert axes[0, 5].get_title() == "filter 5" and axes[1, 0].get_ylabel() == "channel 1"
    assert picture.alt == (
        "20 filters of 3 by 3 for 2 input channels. Shown: the first 8 filters. "
        f"Weights from −{-weights.min():.3g} to {weights.max():.3g}."
    )


def test_feature_maps_share_one_scale_and_name_the_silent_ones():
    maps = np.random.default_rng(0).random((5, 4, 3)) * [1, 0, 7]
    picture = plots.show_feature_maps(maps[None], title="conv")
    assert [ax.get_title() for ax in picture.figure.axes] == ["0", "1, all 0", "2"]
    for i, ax in enumerate(picture.figure.axes):
        np.testing.assert_array_equal(ax.images[0].get_array(), maps[:, :, i])
        assert ax.images[0].get_clim() == (0, maps.max())
    assert picture.alt.startswith("conv. 3 feature maps, 1 of them 0 everywhere. 3 gray images, 5 by 4 pixels.")
    signed = plots.show_feature_maps(maps - 3).figure.axes[0].images[0]
    assert signed.get_clim()[0] == -signed.get_clim()[1]


@pytest.mark.parametrize("show, bad, message", [
    (plots.show_kernel, np.zeros(3), r"`kernel` must have shape \(kh, kw\).*got \(3,\)"),
    (plots.show_kernel, np.zeros((3, 0)), "`kernel`"),
    (plots.show_feature_maps, np.zeros((2, 3, 3, 1)), r"`feature_maps` must have shape \(H, W, filters\).*\(2, 3, 3, 1\)"),
])  # fmt: skip
def test_bad_shapes_are_named(show, bad, message):
    with pytest.raises(ValueError, match=message):
        show(bad)
