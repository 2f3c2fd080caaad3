using System.Text;
using Cria.Gguf;

namespace TestModels;

/// <summary>Writes files that hold a small tokenizer and nothing else.</summary>
public sealed class TinyVocabulary
{
    private const int Normal = 1;
    private const int Unknown = 2;
    private const int Control = 3;
    private const int UserDefined = 4;
    private const int Byte = 6;

    private readonly GgufWriter _writer = new();
    private readonly List<string> _tokens = [];
    private readonly List<int> _types = [];
    private readonly List<float> _scores = [];

    private TinyVocabulary(string model)
    {
        _writer.Set("general.architecture", "llama");
        _writer.Set("tokenizer.ggml.model", model);
    }

    /// <summary>
    /// A byte-level BPE in which every two bytes merge, in a random order, so that it shows wherever a text was split. With a
    /// <paramref name="step"/> above 1 only some do.
    /// </summary>
    public static TinyVocabulary Pairs(string? preTokenizer, int step = 1)
    {
        var vocabulary = new TinyVocabulary("gpt2");
        string[] bytes = [.. DisguisedBytes()];
        (string Left, string Right)[] pairs = [.. bytes.SelectMany(left => bytes.Select(right => (left, right))).Where((_, i) => i % step == 0)];
        new Random(5).Shuffle(pairs);
        vocabulary.Add(Normal, bytes);
        vocabulary.Add(Normal, [.. pairs.Select(pair => pair.Left + pair.Right)]);
        vocabulary.Add(Control, "<|bos|>", "<|eos|>");
        vocabulary.Add(UserDefined, "<tool>", "<tool>x");
        if (preTokenizer != null) vocabulary.Set("tokenizer.ggml.pre", preTokenizer);
        vocabulary.Set("tokenizer.ggml.merges", pairs.Select(pair => $"{pair.Left} {pair.Right}").ToArray());
        vocabulary.Set("tokenizer.ggml.bos_token_id", vocabulary._tokens.Count - 4);
        vocabulary.Set("tokenizer.ggml.eos_token_id", vocabulary._tokens.Count - 3);
        return vocabulary;
    }

    /// <summary>The SentencePiece-like BPE of Gemma 4 and its relatives, learned from the texts.</summary>
    public static TinyVocabulary SentencePieceBpe(string model, string? preTokenizer, IEnumerable<string> texts)
    {
        var vocabulary = new TinyVocabulary(model);
        vocabulary.Add(Control, "<pad>", "<eos>", "<bos>", "<mask>");
        vocabulary.Add(Unknown, "<unk>");
        vocabulary.Add(Byte, [.. Enumerable.Range(0, 256).Select(value => $"<0x{value:X2}>")]);
        vocabulary.Add(UserDefined, "<table>", "\t\t", "▁▁▁▁");
        vocabulary.Add(Normal, "\n", "\n\n", "\n\n\n");
        (List<string> characters, List<(string Left, string Right)> merges) = Learn(texts);
        vocabulary.Add(Normal, [.. characters.Where((_, i) => i % 10 != 0).Except(vocabulary._tokens)]);
        vocabulary.Add(Normal, [.. merges.Where((_, i) => i % 30 != 29).Select(merge => merge.Left + merge.Right).Distinct().Except(vocabulary._tokens)]);
        if (preTokenizer != null) vocabulary.Set("tokenizer.ggml.pre", preTokenizer);
        vocabulary.Set("tokenizer.ggml.merges", merges.Select(merge => $"{merge.Left} {merge.Right}").ToArray());
        vocabulary.Set("tokenizer.ggml.bos_token_id", 2);
        vocabulary.Set("tokenizer.ggml.eos_token_id", 1);
        return vocabulary;
    }

    /// <summary>A SentencePiece vocabulary of random scores, learned from the texts.</summary>
    public static TinyVocabulary Spm(IEnumerable<string> texts)
    {
        var vocabulary = new TinyVocabulary("llama");
        vocabulary.Add(Unknown, "<unk>");
        vocabulary.Add(Control, "<s>", "</s>");
        vocabulary.Add(Byte, [.. Enumerable.Range(0, 256).Select(value => $"<0x{value:X2}>")]);
        vocabulary.Add(UserDefined, "<|x|>", "<|endoftext|>");
        vocabulary.AddScored(texts, random => -random.Next(9));
        return vocabulary;
    }

    /// <summary>A unigram vocabulary of random scores, learned from the texts.</summary>
    public static TinyVocabulary Ugm(IEnumerable<string> texts)
    {
        var vocabulary = new TinyVocabulary("t5");
        vocabulary.Add(Control, "<pad>", "</s>");
        vocabulary.Add(Unknown, "<unk>");
        vocabulary.Add(UserDefined, "<table>", "<extra_id_0>");
        vocabulary.AddScored(texts, random => -12 * random.NextSingle());
        vocabulary.Set("tokenizer.ggml.add_space_prefix", true);
        return vocabulary;
    }

    /// <summary>An empty vocabulary of a kind, to be filled by hand.</summary>
    public static TinyVocabulary Empty(string model) => new(model);

    public TinyVocabulary AddNormal(params string[] tokens) => Add(Normal, tokens);

    public TinyVocabulary AddControl(params string[] tokens) => Add(Control, tokens);

    public TinyVocabulary AddUserDefined(params string[] tokens) => Add(UserDefined, tokens);

    public TinyVocabulary Set(string key, object value)
    {
        switch (value)
        {
            case int number: _writer.Set(key, (uint)number); break;
            case bool flag: _writer.Set(key, flag); break;
            case string text: _writer.Set(key, text); break;
            case string[] texts: _writer.Set(key, texts); break;
            case byte[] bytes: _writer.Set(key, bytes); break;
            default: throw new ArgumentException($"No key of type {value.GetType()}.");
        }
        return this;
    }

    public void Write(string path)
    {
        _writer.Set("tokenizer.ggml.tokens", _tokens);
        _writer.Set("tokenizer.ggml.token_type", [.. _types]);
        _writer.Set("tokenizer.ggml.scores", [.. _scores]);
        _writer.Set("llama.vocab_size", (uint)_tokens.Count);
        _writer.Write(path);
    }

    private TinyVocabulary Add(int type, params string[] tokens)
    {
        foreach (string token in tokens) AddToken(type, token, 0);
        return this;
    }

    private void AddScored(IEnumerable<string> texts, Func<Random, float> score)
    {
        var random = new Random(11);
        (List<string> characters, List<(string Left, string Right)> merges) = Learn(texts);
        foreach (string token in characters.Concat(merges.Select(merge => merge.Left + merge.Right)).Distinct().Except([.. _tokens]))
        {
            AddToken(Normal, token, score(random));
        }
    }

    private void AddToken(int type, string token, float score)
    {
        _tokens.Add(token);
        _types.Add(type);
        _scores.Add(score);
    }

    // The characters of the texts, and merges in the order of how often their pair occurs.
    private static (List<string> Characters, List<(string, string)> Merges) Learn(IEnumerable<string> texts)
    {
        List<List<string>> words = [.. texts.Select(text => text.Replace(' ', '▁').EnumerateRunes().Select(rune => rune.ToString()).ToList())];
        List<string> characters = [.. words.SelectMany(word => word).Distinct().Order(StringComparer.Ordinal)];
        var merges = new List<(string, string)>();
        while (merges.Count < 300)
        {
            (string, string)[] pairs = [.. words.SelectMany(word => word.Zip(word.Skip(1)))];
            if (pairs.Length == 0) break;
            (string Left, string Right) best = pairs.CountBy(pair => pair).MaxBy(pair => pair.Value).Key;
            merges.Add(best);
            foreach (List<string> word in words)
            {
                for (int i = 0; i + 1 < word.Count; i++)
                {
                    if (word[i] != best.Left || word[i + 1] != best.Right) continue;
                    word[i] += word[i + 1];
                    word.RemoveAt(i + 1);
                }
            }
        }
        return (characters, merges);
    }

    // The printable characters that GPT-2 writes for the bytes, from 0 to 255.
    private static IEnumerable<string> DisguisedBytes()
    {
        int next = 256;
        for (int value = 0; value < 256; value++)
        {
            bool isPrintable = value is (> 0x20 and < 0x7F) or (> 0xA0 and not 0xAD);
            yield return new Rune(isPrintable ? value : next++).ToString();
        }
    }
}
