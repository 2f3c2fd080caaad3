namespace Cria.Models.Parts;

/// <summary>Which layers see only the last tokens, and how many.</summary>
internal sealed class SlidingWindow
{
    private readonly int _length;
    private readonly bool[] _layers;

    private SlidingWindow(int length, bool[] layers) => (_length, _layers) = (length, layers);

    /// <summary>
    /// Reads the window; where the file does not say which layers have it, all do but the last of each
    /// <paramref name="period"/>. Without a length in the file, <paramref name="absentLength"/> is taken; 0 is no window.
    /// </summary>
    public static SlidingWindow Read(ModelReader model, int period, int absentLength = 0)
    {
        const string Pattern = "attention.sliding_window_pattern";
        int length = model.Settings.Count("attention.sliding_window", int.MaxValue, absent: absentLength, min: 0);
        int layers = model.Shape.Layers;
        if (model.Settings.FlagPerLayer(Pattern, layers) is { } listed) return new SlidingWindow(length, listed);

        int stated = model.Settings.Count(Pattern, int.MaxValue, absent: period, min: 0);
        return new SlidingWindow(length, [.. Enumerable.Range(0, layers).Select(layer => stated == 0 || layer % stated < stated - 1)]);
    }

    /// <summary>The layer's window, 0 if it sees everything.</summary>
    public int Of(int layer) => _layers[layer] ? _length : 0;
}
