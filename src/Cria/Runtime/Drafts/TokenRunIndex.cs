namespace Cria.Runtime.Drafts;

/// <summary>Finds where in a text the last few tokens occurred before, latest first. Adding a token and looking take the same time however long the text is.</summary>
internal sealed class TokenRunIndex(int length)
{
    // By hash: the last place behind such a run. By place: the one before it whose run has the same hash. Places begin with 1, as nothing ends before that.
    private int[] _last = [];
    private int[] _before = [];

    /// <summary>Makes room for a text of some length, which may hold tokens already.</summary>
    public void Reserve(int capacity, ReadOnlySpan<int> text)
    {
        _before = new int[capacity + 1];
        _last = new int[capacity];
        for (int end = length; end <= text.Length; end++) Add(text[..end]);
    }

    /// <summary>Adds the run that ends a text; the text before it has been added, and there is room.</summary>
    public void Add(ReadOnlySpan<int> text)
    {
        if (text.Length < length) return;
        ref int last = ref _last[Slot(text[^length..])];
        _before[text.Length] = last;
        last = text.Length;
    }

    /// <summary>The place before another whose run has the same hash and so is likely to be the same; 0 where there is none.</summary>
    public int Before(int place) => _before[place];

    private int Slot(ReadOnlySpan<int> run)
    {
        ulong hash = 0;
        foreach (int token in run) hash = (hash ^ (uint)token) * 0x9E3779B97F4A7C15;
        return (int)(((hash >> 32) * (ulong)_last.Length) >> 32);
    }
}
