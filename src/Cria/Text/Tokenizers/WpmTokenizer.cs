using System.Runtime.InteropServices;
using Cria.Gguf;

namespace Cria.Text;

/// <summary>The tokenizer of BERT and its relatives: cleaned words, cut greedily into the longest tokens there are.</summary>
internal sealed class WpmTokenizer : Tokenizer
{
    private static readonly TokenizerDefaults Defaults = new(
        new SpecialDefaults(Bos: 101, Unknown: 100, Separator: 102, Padding: 0, Mask: 103))
    {
        AddBos = true,
        AddSep = true,
        CleanSpaces = true,
    };

    private readonly bool _lowercases;
    private readonly bool _stripsAccents;
    private readonly ByteTrie _tokens = new();

    internal WpmTokenizer(GgufFile file) : base(file, Vocabulary.Read(file.Metadata, file.Path), Defaults)
    {
        _lowercases = file.Metadata.GetBoolean("tokenizer.ggml.normalizer.lowercase") ?? true;
        _stripsAccents = file.Metadata.GetBoolean("tokenizer.ggml.normalizer.strip_accents") ?? _lowercases;
        for (int token = 0; token < Count; token++) _tokens.Add(Vocabulary.Text(token), token);
    }

    private protected override int? First => Bos;

    private protected override int? Last => Sep;

    private protected override void EncodePlain(ReadOnlySpan<byte> text, bool isAfterSpecial, List<int> tokens)
    {
        var word = new List<byte>();
        Span<byte> utf8 = stackalloc byte[4];
        while (!text.IsEmpty)
        {
            int character = CodePoint.Decode(text, out int length);
            text = text[length..];
            if (_stripsAccents) character = CodePoint.WithoutAccents(character);
            CharKind kind = CodePoint.Kind(character);
            if (kind.HasFlag(CharKind.Space))
            {
                EndWord(word, tokens);
                continue;
            }
            if (character is 0 or CodePoint.Replacement || kind.HasFlag(CharKind.Control)) continue;
            if (_stripsAccents && kind.HasFlag(CharKind.Mark)) continue;

            bool standsAlone = kind.HasFlag(CharKind.Punctuation)
                || (character < 0x7F && kind.HasFlag(CharKind.Symbol)) || IsChinese(character);
            if (standsAlone) EndWord(word, tokens);
            if (word.Count == 0) word.AddRange(SpaceEscape.Mark);
            word.AddRange(utf8[..CodePoint.Encode(_lowercases ? CodePoint.ToLower(character) : character, utf8)]);
            if (standsAlone) EndWord(word, tokens);
        }
        EndWord(word, tokens);
    }

    private void EndWord(List<byte> word, List<int> tokens)
    {
        ReadOnlySpan<byte> rest = CollectionsMarshal.AsSpan(word);
        int tokensBefore = tokens.Count;
        while (!rest.IsEmpty)
        {
            (int token, int length) = _tokens.Longest(rest);
            if (length == 0)
            {
                // A word that cannot be covered wholly is unknown as a whole.
                tokens.RemoveRange(tokensBefore, tokens.Count - tokensBefore);
                if (Unk is { } unknown) tokens.Add(unknown);
                break;
            }
            tokens.Add(token);
            rest = rest[length..];
        }
        word.Clear();
    }

    // The blocks that BERT parts into single characters; the fifth begins a little late, as in the tokenizer that models were trained with.
    private static bool IsChinese(int c) =>
        c is (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF) or (>= 0x20000 and <= 0x2A6DF) or (>= 0x2A700 and <= 0x2B73F)
            or (>= 0x2B740 and <= 0x2B81F) or (>= 0x2B920 and <= 0x2CEAF) or (>= 0xF900 and <= 0xFAFF) or (>= 0x2F800 and <= 0x2FA1F);
}
