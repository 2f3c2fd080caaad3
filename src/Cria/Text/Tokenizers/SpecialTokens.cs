using Cria.Gguf;

namespace Cria.Text;

/// <summary>The tokens that a model gives a role, and those that end what it generates.</summary>
public sealed class SpecialTokens
{
    // Roles that files often leave out are found by the texts that models use, the first one present counting.
    private static readonly string[] EotTexts =
    [
        "<|eot_id|>", "<|im_end|>", "<|end|>", "<end_of_turn>", "<|endoftext|>", "<|end_of_text|>", "<EOT>", "_<EOT>", "[EOT]",
        "<｜end▁of▁sentence｜>", "<end_of_utterance>",
    ];

    private static readonly string[] EomTexts = ["<|eom_id|>"];

    private static readonly string[] FimPrefixTexts =
        ["<|fim_prefix|>", "<fim-prefix>", "<fim_prefix>", "<｜fim▁begin｜>", "<PRE>", "▁<PRE>", "<|code_prefix|>", "<|prefix|>"];

    private static readonly string[] FimSuffixTexts =
        ["<|fim_suffix|>", "<fim-suffix>", "<fim_suffix>", "<｜fim▁hole｜>", "<SUF>", "▁<SUF>", "<|code_suffix|>", "<|suffix|>"];

    private static readonly string[] FimMiddleTexts =
        ["<|fim_middle|>", "<fim-middle>", "<fim_middle>", "<｜fim▁end｜>", "<MID>", "▁<MID>", "<|code_middle|>", "<|middle|>"];

    private static readonly string[] FimPadTexts = ["<|fim_pad|>", "<fim-pad>", "<fim_pad>", "<PAD>", "[PAD]"];
    private static readonly string[] FimRepositoryTexts = ["<|fim_repo|>", "<|repo_name|>", "<fim-repo>", "<REPO>", "<reponame>"];
    private static readonly string[] FimFileTexts = ["<|file_sep|>"];

    private static readonly string[] EndTexts =
    [
        "<|eot_id|>", "<|im_end|>", "<|end|>", "<|return|>", "<|call|>", "<|flush|>", "<|calls|>", "<end_of_turn>", "<|endoftext|>", "</s>",
        "<|eom_id|>", "<EOT>", "_<EOT>", "[EOT]", "[EOS]", "<|end_of_text|>", "<end_of_utterance>", "<eos>", "<turn|>", "<|tool_response>",
        "<｜end▁of▁sentence｜>", "[e~[",
    ];

    // The parts of a gpt-oss message, which have to be seen in the text to take it apart.
    private static readonly string[] ChannelTexts = ["<|channel|>", "<|message|>", "<|start|>", "<|constrain|>"];

    private readonly HashSet<int> _ends = [];

    internal SpecialTokens(GgufMetadata metadata, Vocabulary vocabulary, SpecialDefaults defaults)
    {
        Bos = Read("bos_token_id", defaults.Bos);
        Eos = Read("eos_token_id", defaults.Eos);
        Unknown = Read("unknown_token_id", defaults.Unknown);
        Separator = Read("seperator_token_id", defaults.Separator);
        Padding = Read("padding_token_id", defaults.Padding);
        Mask = Read("mask_token_id", defaults.Mask);
        Eot = Read("eot_token_id") ?? FirstOf(vocabulary, EotTexts);
        Eom = Read("eom_token_id") ?? FirstOf(vocabulary, EomTexts);
        FimPrefix = Read("prefix_token_id", Read("fim_pre_token_id")) ?? FirstOf(vocabulary, FimPrefixTexts);
        FimSuffix = Read("suffix_token_id", Read("fim_suf_token_id")) ?? FirstOf(vocabulary, FimSuffixTexts);
        FimMiddle = Read("middle_token_id", Read("fim_mid_token_id")) ?? FirstOf(vocabulary, FimMiddleTexts);
        FimPadding = Read("fim_pad_token_id") ?? FirstOf(vocabulary, FimPadTexts);
        FimRepository = Read("fim_rep_token_id") ?? FirstOf(vocabulary, FimRepositoryTexts);
        FimFile = Read("fim_sep_token_id") ?? FirstOf(vocabulary, FimFileTexts);

        MarkUnused(vocabulary);
        FindEnds(vocabulary);

        int? Read(string name, int? byDefault = null)
        {
            long? id = metadata.GetInteger("tokenizer.ggml." + name);
            if (id >= 0 && id < vocabulary.Count) return (int)id;
            return byDefault < vocabulary.Count ? byDefault : null;
        }
    }

    /// <summary>Begins a sequence.</summary>
    public int? Bos { get; }

    /// <summary>Ends a sequence.</summary>
    public int? Eos { get; }

    /// <summary>Ends a turn of a conversation.</summary>
    public int? Eot { get; }

    /// <summary>Ends a message that the turn goes on after.</summary>
    public int? Eom { get; }

    /// <summary>Stands for what the vocabulary cannot express.</summary>
    public int? Unknown { get; }

    /// <summary>Parts two texts.</summary>
    public int? Separator { get; }

    /// <summary>Fills up shorter sequences.</summary>
    public int? Padding { get; }

    /// <summary>Stands for a word to be guessed.</summary>
    public int? Mask { get; }

    /// <summary>Comes before the text that precedes a gap to be filled.</summary>
    public int? FimPrefix { get; }

    /// <summary>Comes before the text that follows a gap to be filled.</summary>
    public int? FimSuffix { get; }

    /// <summary>Asks for the text that fills a gap.</summary>
    public int? FimMiddle { get; }

    /// <summary>Fills up when gaps are filled.</summary>
    public int? FimPadding { get; }

    /// <summary>Comes before the name of a repository.</summary>
    public int? FimRepository { get; }

    /// <summary>Parts the files of a repository.</summary>
    public int? FimFile { get; }

    /// <summary>Every token after which generation stops.</summary>
    public IReadOnlyCollection<int> Ends => _ends;

    internal bool IsEnd(int token) => _ends.Contains(token);

    private static int? FirstOf(Vocabulary vocabulary, string[] texts)
    {
        foreach (string text in texts)
        {
            if (vocabulary.Find(text) is var token and >= 0)
            {
                // Files that mark it as text are mistaken.
                vocabulary.Attributes[token] |= TokenAttributes.Control;
                return token;
            }
        }
        return null;
    }

    private static void MarkUnused(Vocabulary vocabulary)
    {
        for (int token = 0; token < vocabulary.Count; token++)
        {
            if (vocabulary.Is(token, TokenAttributes.Control) && vocabulary.Text(token).IndexOf("unused"u8) >= 0)
            {
                vocabulary.Attributes[token] |= TokenAttributes.Unused;
            }
        }
    }

    private void FindEnds(Vocabulary vocabulary)
    {
        foreach (int? token in (int?[])[FimPadding, FimRepository, FimFile])
        {
            if (token is { } present) _ends.Add(present);
        }
        foreach (string text in EndTexts)
        {
            if (vocabulary.Find(text) is var token and >= 0)
            {
                _ends.Add(token);
                vocabulary.Attributes[token] |= TokenAttributes.Control;
            }
        }
        foreach (string text in ChannelTexts)
        {
            if (vocabulary.Find(text) is var token and >= 0) vocabulary.Attributes[token] = TokenAttributes.UserDefined;
        }
        foreach (int? token in (int?[])[Eos, Eot, Eom])
        {
            if (token is { } present) _ends.Add(present);
        }

        // Where a model has its own tokens for the end of an answer or of a call, this one only ends a part of the message.
        bool endsByCall = Ends("<|return|>") && (Ends("<|call|>") || Ends("<|calls|>"));
        bool endsByFlush = Ends("<|flush|>") && (Ends("<|call|>") || Ends("<|calls|>"));
        if (endsByCall || endsByFlush) KeepGoingAfter("<|end|>", TokenAttributes.UserDefined);
        if (Ends("<|tool_response>")) KeepGoingAfter("</s>", TokenAttributes.Normal);

        bool Ends(string text) => vocabulary.Find(text) is var token && _ends.Contains(token);

        void KeepGoingAfter(string text, TokenAttributes attributes)
        {
            if (vocabulary.Find(text) is var token && _ends.Remove(token)) vocabulary.Attributes[token] = attributes;
        }
    }
}

/// <summary>The special tokens of a kind of tokenizer where the file names none.</summary>
internal sealed record SpecialDefaults(
    int? Bos = null, int? Eos = null, int? Unknown = null, int? Separator = null, int? Padding = null, int? Mask = null);
