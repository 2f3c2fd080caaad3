using Cria.Gguf;

namespace Cria.Text;

/// <summary>
/// The tokenizer of Llama 2 and its relatives: characters merge into the best-scored tokens; what is left goes byte by byte.
/// </summary>
internal sealed class SpmTokenizer : Tokenizer
{
    private static readonly TokenizerDefaults Defaults = new(new SpecialDefaults(Bos: 1, Eos: 2, Unknown: 0))
    {
        AddBos = true,
        AddSpacePrefix = true,
    };

    private readonly int[] _byteTokens;
    private readonly Joints _joints = new();

    internal SpmTokenizer(GgufFile file) : base(file, Vocabulary.Read(file.Metadata, file.Path), Defaults)
    {
        int[] plain = ByteToken.FindAllPlain(Vocabulary);
        _byteTokens = [.. ByteToken.FindAll(Vocabulary)
            .Select((token, value) => token >= 0 ? token : plain[value] >= 0 ? plain[value] : Unk ?? -1)];
        for (int token = 0; token < Count; token++)
        {
            ReadOnlySpan<byte> text = Vocabulary.Text(token);
            for (int at = CodePoint.Utf8Length(text[0]); at < text.Length; at += CodePoint.Utf8Length(text[at]))
            {
                _joints.Allow(text[at - 1], text[at]);
            }
        }
    }

    private protected override void EncodePlain(ReadOnlySpan<byte> text, bool isAfterSpecial, List<int> tokens)
    {
        byte[] escaped = SpaceEscape.Escape(text, prefix: AddSpacePrefix && isAfterSpecial);
        var merger = new PairMerger();
        for (int start = 0; start < escaped.Length;)
        {
            int end = Math.Min(start + CodePoint.Utf8Length(escaped[start]), escaped.Length);
            merger.Add(Vocabulary.Find(escaped.AsSpan(start, end - start)), start, end);
            if (end == escaped.Length || !_joints.MayMeet(escaped[end - 1], escaped[end])) EndSegment(merger, escaped, tokens);
            start = end;
        }
    }

    private void EndSegment(PairMerger merger, byte[] text, List<int> tokens)
    {
        merger.Merge(new ScoredPairs(Vocabulary, text));
        ReadOnlySpan<MergeSymbol> symbols = merger.Symbols;
        for (int i = 0; i >= 0; i = symbols[i].Next)
        {
            MergeSymbol symbol = symbols[i];
            if (symbol.Id >= 0)
            {
                tokens.Add(symbol.Id);
                continue;
            }
            foreach (byte b in text.AsSpan(symbol.Start, symbol.End - symbol.Start))
            {
                if (_byteTokens[b] >= 0) tokens.Add(_byteTokens[b]);
            }
        }
        merger.Clear();
    }

    /// <summary>Two symbols merge if their texts together are a token; the best score comes first.</summary>
    private readonly struct ScoredPairs(Vocabulary vocabulary, byte[] text) : IPairs
    {
        public bool TryFind(in MergeSymbol left, in MergeSymbol right, out uint rank, out int merged)
        {
            merged = vocabulary.Find(text.AsSpan(left.Start, right.End - left.Start));
            rank = merged < 0 ? 0 : Rank(vocabulary.Scores[merged]);
            return merged >= 0;
        }

        // Orders scores downwards: a float's bits order like the float once the sign is dealt with. (-0 counts as 0, no number as the
        // worst.)
        private static uint Rank(float score)
        {
            uint bits = BitConverter.SingleToUInt32Bits(float.IsNaN(score) ? float.NegativeInfinity : score + 0f);
            return (bits & 0x80000000) != 0 ? bits : ~(bits | 0x80000000);
        }
    }
}
