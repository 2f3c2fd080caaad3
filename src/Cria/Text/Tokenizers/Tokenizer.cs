using System.Text;
using Cria.Gguf;
using Cria.Text.Templates;

namespace Cria.Text;

/// <summary>Turns text into the tokens of a model and back, exactly as llama.cpp does.</summary>
/// <remarks>A tokenizer does not change and may be used by several threads at once.</remarks>
public abstract class Tokenizer
{
    private readonly SpecialTokenSplitter _splitter;
    // What each token decodes to, filled as tokens occur; two threads filling the same one write the same.
    private readonly byte[]?[] _pieces;

    private protected Tokenizer(GgufFile file, Vocabulary vocabulary, TokenizerDefaults defaults)
    {
        GgufMetadata metadata = file.Metadata;
        Vocabulary = vocabulary;
        Special = new SpecialTokens(metadata, vocabulary, defaults.Special);
        AddBos = defaults.InsistsOnBos || (metadata.GetBoolean("tokenizer.ggml.add_bos_token") ?? defaults.AddBos);
        AddEos = metadata.GetBoolean("tokenizer.ggml.add_eos_token") ?? defaults.AddEos;
        AddSep = metadata.GetBoolean("tokenizer.ggml.add_sep_token") ?? defaults.AddSep;
        AddSpacePrefix = metadata.GetBoolean("tokenizer.ggml.add_space_prefix") ?? defaults.AddSpacePrefix;
        CleanSpaces = defaults.CleanSpaces;
        _splitter = new SpecialTokenSplitter(vocabulary);
        _pieces = new byte[vocabulary.Count][];
        StrippingTokens.Mark(metadata, vocabulary, _splitter.Tokens);
    }

    /// <summary>The number of tokens.</summary>
    public int Count => Vocabulary.Count;

    /// <summary>The tokens with a role.</summary>
    public SpecialTokens Special { get; }

    /// <summary>The token that begins a sequence.</summary>
    public int? Bos => Special.Bos;

    /// <summary>The token that ends a sequence.</summary>
    public int? Eos => Special.Eos;

    /// <summary>The token that ends a turn of a conversation.</summary>
    public int? Eot => Special.Eot;

    /// <summary>The token for what the vocabulary cannot express.</summary>
    public int? Unk => Special.Unknown;

    /// <summary>The token that parts two texts.</summary>
    public int? Sep => Special.Separator;

    /// <summary>The token that fills up shorter sequences.</summary>
    public int? Pad => Special.Padding;

    /// <summary>Whether encoding with special tokens begins with <see cref="Bos"/>.</summary>
    public bool AddBos { get; }

    /// <summary>Whether encoding with special tokens ends with <see cref="Eos"/>.</summary>
    public bool AddEos { get; }

    /// <summary>Whether <see cref="Sep"/> comes between two texts that are read together.</summary>
    public bool AddSep { get; }

    /// <summary>Whether text is encoded as if a space came before it, which decoding takes away again.</summary>
    public bool AddSpacePrefix { get; }

    /// <summary>Whether the model's makers tidy decoded text: no spaces before punctuation.</summary>
    public bool CleanSpaces { get; }

    private protected Vocabulary Vocabulary { get; }

    private protected virtual int? First => AddBos ? Bos : null;

    private protected virtual int? Last => AddEos ? Eos : null;

    /// <summary>Makes the tokenizer that a file describes; the file may be closed afterwards.</summary>
    /// <exception cref="UnsupportedModelException">The file's kind of tokenizer is not known.</exception>
    /// <exception cref="ModelLoadException">The file has no vocabulary, or a damaged one.</exception>
    public static Tokenizer FromFile(GgufFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        string model = file.Metadata.GetString("tokenizer.ggml.model") ?? throw new ModelLoadException(file.Path,
            $"{Path.GetFileName(file.Path)} does not say what tokenizer it uses (tokenizer.ggml.model). Use a file with a vocabulary.");
        return model switch
        {
            "llama" => new SpmTokenizer(file),
            "gpt2" or "gemma4" or "whitespace" => new BpeTokenizer(file, model),
            "bert" => new WpmTokenizer(file),
            "t5" => new UgmTokenizer(file),
            _ => throw new UnsupportedModelException(file.Path, model,
                $"{Path.GetFileName(file.Path)} uses the tokenizer \"{model}\", which is not supported. " +
                "Known are llama, gpt2, gemma4, whitespace, bert and t5."),
        };
    }

    /// <summary>Turns text into tokens.</summary>
    /// <param name="text">The text; half a surrogate pair counts as U+FFFD.</param>
    /// <param name="addSpecial">Whether to add the tokens that the model wants at the beginning and the end.</param>
    /// <param name="parseSpecial">Whether control tokens written out in the text become those tokens. Leave it off for text that others wrote.</param>
    public int[] Encode(string text, bool addSpecial, bool parseSpecial)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Encode(Encoding.UTF8.GetBytes(text), addSpecial, parseSpecial);
    }

    /// <summary>Turns UTF-8 text into tokens; see the other overload.</summary>
    public int[] Encode(ReadOnlySpan<byte> utf8, bool addSpecial, bool parseSpecial) => Encode(utf8, addSpecial, parseSpecial, input: []);

    /// <summary>Turns a prompt into tokens; control tokens that are spelled in its parts from outside stay plain text.</summary>
    /// <param name="prompt">The text, and which parts of it come from outside.</param>
    /// <param name="addSpecial">Whether to add the tokens that the model wants at the beginning and the end.</param>
    internal int[] Encode(RenderedText prompt, bool addSpecial)
    {
        string text = prompt.Text;
        var input = new ByteRange[prompt.Input.Count];
        int chars = 0;
        int bytes = 0;
        for (int i = 0; i < input.Length; i++)
        {
            Range range = prompt.Input[i];
            input[i] = new ByteRange(BytesBefore(range.Start.GetOffset(text.Length)), BytesBefore(range.End.GetOffset(text.Length)));
        }
        return Encode(Encoding.UTF8.GetBytes(text), addSpecial, parseSpecial: true, input);

        int BytesBefore(int end)
        {
            // A border between the halves of a character has no place of its own among the bytes.
            if (end > 0 && end < text.Length && char.IsSurrogatePair(text[end - 1], text[end])) end++;
            bytes += Encoding.UTF8.GetByteCount(text.AsSpan(chars..end));
            chars = end;
            return bytes;
        }
    }

    private int[] Encode(ReadOnlySpan<byte> utf8, bool addSpecial, bool parseSpecial, ReadOnlySpan<ByteRange> input)
    {
        var tokens = new List<int>(utf8.Length / 3 + 2);
        if (addSpecial && First is { } first) tokens.Add(first);
        bool isAfterSpecial = true;
        foreach (Fragment fragment in _splitter.Split(utf8, parseSpecial, input))
        {
            if (fragment.Token == Fragment.PlainText) EncodePlain(utf8[fragment.Start..fragment.End], isAfterSpecial, tokens);
            else tokens.Add(fragment.Token);
            isAfterSpecial = fragment.Token != Fragment.PlainText;
        }
        if (addSpecial && Last is { } last) tokens.Add(last);
        return [.. tokens];
    }

    /// <summary>Turns tokens into text; bytes that are no UTF-8 become U+FFFD.</summary>
    /// <param name="tokens">The tokens.</param>
    /// <param name="special">Whether control tokens are written out.</param>
    /// <param name="removeSpecial">Whether to leave out the tokens that encoding adds at the beginning and the end.</param>
    /// <param name="cleanSpaces">Whether to tidy spaces before punctuation as <see cref="CleanSpaces"/> tells.</param>
    public string Decode(ReadOnlySpan<int> tokens, bool special = false, bool removeSpecial = false, bool cleanSpaces = false)
    {
        bool removeSpace = AddSpacePrefix;
        if (removeSpecial && AddBos && !tokens.IsEmpty && tokens[0] == Bos)
        {
            removeSpace = false;
            tokens = tokens[1..];
        }
        if (removeSpecial && AddEos && !tokens.IsEmpty && tokens[^1] == Eos) tokens = tokens[..^1];

        var bytes = new List<byte>(tokens.Length * 4);
        foreach (int token in tokens)
        {
            ReadOnlySpan<byte> piece = PieceBytes(token, special);
            if (removeSpace && piece.StartsWith(" "u8)) piece = piece[1..];
            removeSpace = false;
            bytes.AddRange(piece);
        }
        byte[] text = [.. bytes];
        return Encoding.UTF8.GetString(cleanSpaces && CleanSpaces ? SpaceCleaner.Clean(text) : text);
    }

    /// <summary>Makes a decoder for tokens that come one by one.</summary>
    public StreamingDecoder CreateDecoder(bool special = false) => new(this, special);

    /// <summary>
    /// The bytes that a token stands for, which may be a part of a character; none for control tokens unless <paramref name="special"/>.
    /// </summary>
    public ReadOnlySpan<byte> PieceBytes(int token, bool special)
    {
        Check(token);
        if (!special && Vocabulary.Is(token, TokenAttributes.Unknown | TokenAttributes.Control)) return [];
        return _pieces[token] ??= DecodePiece(token);
    }

    /// <summary>The text of a token as the file spells it.</summary>
    public string TokenText(int token)
    {
        Check(token);
        return Encoding.UTF8.GetString(Vocabulary.Text(token));
    }

    /// <summary>What a token is for.</summary>
    public TokenAttributes Attributes(int token)
    {
        Check(token);
        return Vocabulary.Attributes[token];
    }

    /// <summary>The score that the file gives a token, 0 where it gives none.</summary>
    public float Score(int token)
    {
        Check(token);
        return Vocabulary.Scores[token];
    }

    /// <summary>The token that the file spells like this, or null.</summary>
    public int? Find(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Vocabulary.Find(text) is var token and >= 0 ? token : null;
    }

    /// <summary>Whether generation stops after this token.</summary>
    public bool IsEndOfGeneration(int token) => Special.IsEnd(token);

    /// <summary>Encodes text in which no special tokens are looked for any more.</summary>
    private protected abstract void EncodePlain(ReadOnlySpan<byte> text, bool isAfterSpecial, List<int> tokens);

    /// <summary>The bytes that the text of an ordinary token stands for.</summary>
    private protected virtual byte[] DecodeText(ReadOnlySpan<byte> text) => SpaceEscape.Unescape(text);

    private byte[] DecodePiece(int token)
    {
        ReadOnlySpan<byte> text = Vocabulary.Text(token);
        const TokenAttributes spelledOut = TokenAttributes.Unknown | TokenAttributes.Control | TokenAttributes.UserDefined;
        if (Vocabulary.Is(token, spelledOut)) return text.ToArray();
        if (Vocabulary.Is(token, TokenAttributes.Normal)) return DecodeText(text);
        return Vocabulary.Is(token, TokenAttributes.Byte) && ByteToken.Parse(text) is { } value ? [value] : [];
    }

    private void Check(int token)
    {
        if ((uint)token >= (uint)Count) throw new InvalidOptionException(nameof(token), token, $"a token from 0 to {Count - 1}");
    }
}

/// <summary>How a kind of tokenizer behaves where the file does not say.</summary>
internal sealed record TokenizerDefaults(SpecialDefaults Special)
{
    public bool AddBos { get; init; }

    public bool AddEos { get; init; }

    public bool AddSep { get; init; }

    public bool AddSpacePrefix { get; init; }

    public bool CleanSpaces { get; init; }

    public bool InsistsOnBos { get; init; }
}
