using Cria.Gguf;

namespace Cria.Text;

/// <summary>
/// The tokenizer of GPT-2 and most models since: text is split into words, and in each word pairs merge in a learned order.
/// </summary>
internal sealed class BpeTokenizer : Tokenizer
{
    private const string MergesKey = "tokenizer.ggml.merges";
    private const string NameKey = "tokenizer.ggml.pre";
    private const int LongestCharacter = 4;

    private readonly PreTokenizer _preTokenizer;
    private readonly bool _dropsWhiteSpace;
    private readonly Func<int, int>? _mapCharacters;
    private readonly MergeTable _merges;

    // What merges speak of: the tokens under their own numbers, then texts that are no token.
    private readonly ByteStrings _otherSymbols = new(0, 0);
    private readonly int[] _symbolOfByte = new int[256];
    private readonly Joints _joints = new();

    // What a byte becomes when the symbol it ended up in is no token.
    private readonly int[][] _fallbacks = new int[256][];

    internal BpeTokenizer(GgufFile file, string model) : this(file, model, FindPreTokenizer(file, model))
    {
    }

    private BpeTokenizer(GgufFile file, string model, PreTokenizer preTokenizer)
        : base(file, Vocabulary.Read(file.Metadata, file.Path), DefaultsOf(file, model, preTokenizer))
    {
        _preTokenizer = preTokenizer;
        _dropsWhiteSpace = model == "whitespace";
        bool lowercases = file.Metadata.GetBoolean("tokenizer.ggml.normalizer.lowercase") ?? preTokenizer.Lowercases;
        if (_dropsWhiteSpace && lowercases) _mapCharacters = CodePoint.ToLower;
        _merges = ReadMerges(file);
        NameBytes();
    }

    private protected override void EncodePlain(ReadOnlySpan<byte> text, bool isAfterSpecial, List<int> tokens)
    {
        if (_preTokenizer.IsSentencePieceLike) text = SpaceEscape.Escape(text);
        var decoded = new CodePointText(text, _mapCharacters);
        var merger = new PairMerger();
        if (!_dropsWhiteSpace)
        {
            EncodeSegment(decoded.CodePoints, decoded.Window, merger, tokens);
            return;
        }
        for (int start = 0; start < decoded.CodePoints.Length;)
        {
            int end = decoded.Window.EndOfOther(CharKind.Space, start);
            EncodeSegment(decoded.CodePoints[start..end], decoded.Window.Slice(start, end - start), merger, tokens);
            start = decoded.Window.EndOf(CharKind.Space, end);
        }
    }

    private protected override byte[] DecodeText(ReadOnlySpan<byte> text) =>
        _preTokenizer.IsSentencePieceLike ? SpaceEscape.Unescape(text) : ByteLevel.Decode(text);

    private void EncodeSegment(ReadOnlySpan<int> codePoints, in TextWindow window, PairMerger merger, List<int> tokens)
    {
        byte[] word = [];
        int start = 0;
        foreach (int end in _preTokenizer.Split(window))
        {
            if (word.Length < (end - start) * LongestCharacter) word = new byte[2 * (end - start) * LongestCharacter];
            int length = 0;
            foreach (int codePoint in codePoints[start..end]) length += CodePoint.Encode(codePoint, word.AsSpan(length));
            EncodeWord(word.AsSpan(0, length), merger, tokens);
            start = end;
        }
    }

    private void EncodeWord(ReadOnlySpan<byte> word, PairMerger merger, List<int> tokens)
    {
        if (IsTakenWhole(word) && Find(word) is var whole and >= 0)
        {
            tokens.Add(whole);
            return;
        }

        for (int start = 0; start < word.Length;)
        {
            int end = _preTokenizer.IsRawUtf8 ? Math.Min(start + CodePoint.Utf8Length(word[start]), word.Length) : start + 1;
            merger.Add(_preTokenizer.IsRawUtf8 ? FindSymbol(word[start..end]) : _symbolOfByte[word[start]], start, end);
            if (end == word.Length || !_joints.MayMeet(word[end - 1], word[end])) EndSegment(merger, word, tokens);
            start = end;
        }
    }

    private void EndSegment(PairMerger merger, ReadOnlySpan<byte> word, List<int> tokens)
    {
        merger.Merge(new RankedPairs(_merges));
        ReadOnlySpan<MergeSymbol> symbols = merger.Symbols;
        for (int i = 0; i >= 0; i = symbols[i].Next)
        {
            MergeSymbol symbol = symbols[i];
            if (symbol.Id >= 0 && symbol.Id < Count)
            {
                tokens.Add(symbol.Id);
                continue;
            }
            foreach (byte b in word[symbol.Start..symbol.End]) tokens.AddRange(_fallbacks[b]);
        }
        merger.Clear();
    }

    private bool IsTakenWhole(ReadOnlySpan<byte> word) =>
        _preTokenizer.IgnoresMerges || (_preTokenizer.KeepsLineFeeds && !word.ContainsAnyExcept((byte)'\n'));

    // The token that is this word, written as the vocabulary writes it.
    private int Find(ReadOnlySpan<byte> word)
    {
        if (_preTokenizer.IsRawUtf8) return Vocabulary.Find(word);
        if (word.Length > Vocabulary.MaxLength) return -1;
        Span<byte> disguised = word.Length <= 128 ? stackalloc byte[256] : new byte[2 * word.Length];
        int length = 0;
        foreach (byte b in word) length += ByteLevel.Encode(b, disguised[length..]);
        return Vocabulary.Find(disguised[..length]);
    }

    private int FindSymbol(ReadOnlySpan<byte> text) =>
        Vocabulary.Find(text) is var token and >= 0 ? token : _otherSymbols.Find(text) is var other and >= 0 ? Count + other : -1;

    private int InternSymbol(ReadOnlySpan<byte> text) =>
        Vocabulary.Find(text) is var token and >= 0 ? token : Count + _otherSymbols.Intern(text);

    private MergeTable ReadMerges(GgufFile file)
    {
        GgufStrings? merges = file.Metadata.GetStrings(MergesKey);
        if (merges == null)
        {
            if (file.Metadata.GetString(NameKey) == "kimi-k2") return new MergeTable(0); // Its words are tokens or bytes.
            throw new ModelLoadException(file.Path,
                $"{Path.GetFileName(file.Path)} has no {MergesKey}, which its tokenizer needs. Convert the model anew.");
        }

        var table = new MergeTable(merges.Count);
        byte[] both = new byte[64];
        for (int i = 0; i < merges.Count; i++)
        {
            // Two symbols parted by a space; the first may itself begin with one.
            ReadOnlySpan<byte> merge = merges.Utf8(i);
            int space = merge.Length < 2 ? -1 : 1 + merge[1..].IndexOf((byte)' ');
            if (space < 1 || space == merge.Length - 1) continue;
            ReadOnlySpan<byte> left = merge[..space];
            ReadOnlySpan<byte> right = merge[(space + 1)..];
            if (both.Length < merge.Length) both = new byte[2 * merge.Length];
            left.CopyTo(both);
            right.CopyTo(both.AsSpan(left.Length));
            table.Add(InternSymbol(left), InternSymbol(right), (uint)i, InternSymbol(both.AsSpan(0, merge.Length - 1)));
            AllowToMeet(left, right);
        }
        return table;
    }

    private void AllowToMeet(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        if (_preTokenizer.IsRawUtf8)
        {
            _joints.Allow(left[^1], right[0]);
            return;
        }
        int lastStart = left.Length - 1;
        while (lastStart > 0 && (left[lastStart] & 0xC0) == 0x80) lastStart--;
        _joints.Allow(ByteLevel.Decode(left[lastStart..])[^1], ByteLevel.Decode(right)[0]);
    }

    private void NameBytes()
    {
        int[] spelled = ByteToken.FindAll(Vocabulary);
        int[] plain = ByteToken.FindAllPlain(Vocabulary);
        Span<byte> disguised = stackalloc byte[LongestCharacter];
        for (int b = 0; b < 256; b++)
        {
            int length = ByteLevel.Encode((byte)b, disguised);
            _symbolOfByte[b] = FindSymbol(disguised[..length]);
            var fallback = new List<int>();
            if (_preTokenizer.IsRawUtf8) fallback.Add(spelled[b]);
            else foreach (byte part in disguised[..length]) fallback.Add(plain[part]);
            _fallbacks[b] = [.. fallback.Where(token => token >= 0)];
        }
    }

    private static PreTokenizer FindPreTokenizer(GgufFile file, string model)
    {
        string? name = model == "gemma4" ? PreTokenizer.GemmaName : file.Metadata.GetString(NameKey);
        if (string.IsNullOrEmpty(name)) name = PreTokenizer.DefaultName;
        return PreTokenizer.Find(name) ?? throw new UnsupportedModelException(file.Path, name,
            $"{Path.GetFileName(file.Path)} splits words by the rules of \"{name}\" ({NameKey}), which are not known. " +
            $"Known are {string.Join(", ", PreTokenizer.Names)}.");
    }

    private static TokenizerDefaults DefaultsOf(GgufFile file, string model, PreTokenizer preTokenizer) =>
        new(model == "gemma4" ? new SpecialDefaults() : new SpecialDefaults(Bos: preTokenizer.LacksBos ? null : 11, Eos: 11))
        {
            AddBos = preTokenizer.AddsBos,
            AddSep = file.Metadata.GetString(NameKey) is "jina-v1-en" or "jina-v2-code" or "roberta-bpe",
            InsistsOnBos = preTokenizer.InsistsOnBos,
            CleanSpaces = preTokenizer.CleansSpaces,
        };

    private readonly struct RankedPairs(MergeTable merges) : IPairs
    {
        public bool TryFind(in MergeSymbol left, in MergeSymbol right, out uint rank, out int merged)
        {
            if (left.Id >= 0 && right.Id >= 0) return merges.TryFind(left.Id, right.Id, out rank, out merged);
            (rank, merged) = (0, 0);
            return false;
        }
    }
}
