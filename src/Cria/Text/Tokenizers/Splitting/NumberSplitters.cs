namespace Cria.Text;

/// <summary>Splitters that group the digits of a number from its right end, as thousands are.</summary>
internal static class NumberSplitters
{
    /// <summary>
    /// Ends a piece after the first one to three numbers of a run and after every three more; other text sticks to the piece after it.
    /// </summary>
    public static readonly Splitter EndAfterThousands = (in TextWindow text, int offset, List<int> ends) =>
    {
        int pieceEnd = 0;
        for (int at = 0; at < text.Length; at++)
        {
            int end = text.EndOf(CharKind.Number, at);
            if (end == at) continue;
            int first = (end - at) % 3;
            for (pieceEnd = at + (first == 0 ? 3 : first); ; pieceEnd += 3)
            {
                ends.Add(offset + pieceEnd);
                if (pieceEnd == end) break;
            }
            at = end - 1;
        }
        if (pieceEnd < text.Length) ends.Add(offset + text.Length);
    };

    /// <summary>Starts a piece wherever a multiple of three ASCII digits is left of a number: <c>(?=(\d{3})+(?!\d))</c>.</summary>
    public static readonly Splitter StartBeforeThousands = (in TextWindow text, int offset, List<int> ends) =>
    {
        for (int at = 0; at < text.Length;)
        {
            int end = at;
            while (text[end] is >= '0' and <= '9') end++;
            for (int start = at + (end - at) % 3; start < end; start += 3)
            {
                if (start > 0) ends.Add(offset + start);
            }
            at = end + 1;
        }
        ends.Add(offset + text.Length);
    };
}
