using System.Runtime.InteropServices;
using Cria.Gguf;

namespace TestModels;

/// <summary>Writes a GGUF model of random weights, tensor by tensor, so that no more than a stretch of one is in memory.</summary>
internal sealed class ModelWriter(string architecture, int seed)
{
    private const int Stretch = 1 << 22;
    private readonly GgufWriter _writer = new();

    public ModelWriter Key(string key, object value)
    {
        string name = key.Contains("general.", StringComparison.Ordinal) || key.Contains("tokenizer.", StringComparison.Ordinal) ? key : $"{architecture}.{key}";
        switch (value)
        {
            case int number: _writer.Set(name, (uint)number); break;
            case float number: _writer.Set(name, number); break;
            case bool flag: _writer.Set(name, flag); break;
            case string text: _writer.Set(name, text); break;
            case bool[] flags: _writer.Set(name, flags); break;
            case int[] numbers: _writer.Set(name, numbers); break;
            case float[] numbers: _writer.Set(name, numbers); break;
            case string[] texts: _writer.Set(name, texts); break;
            default: throw new ArgumentException($"No key of type {value.GetType()}.");
        }

        return this;
    }

    /// <summary>Adds a matrix, or with three dimensions a stack; its deviation keeps the scale of what goes through it.</summary>
    public void Matrix(string name, TensorType type, float gain, params long[] shape)
    {
        float deviation = gain / MathF.Sqrt(shape[0]);
        _writer.AddTensor(name, type, shape, stream =>
        {
            var noise = new BlockNoise(seed, name);
            long left = type.BytesFor(shape.Aggregate(1L, (a, b) => a * b));
            byte[] buffer = new byte[Math.Min(left, Stretch / type.BlockBytes() * type.BlockBytes())];
            while (left > 0)
            {
                Span<byte> part = buffer.AsSpan(0, (int)Math.Min(left, buffer.Length));
                noise.Fill(type, part, deviation);
                stream.Write(part);
                left -= part.Length;
            }
        });
    }

    /// <summary>Adds a tensor of floats around a mean: a norm's weight, a bias.</summary>
    public void Floats(string name, float mean, float deviation, params long[] shape) =>
        Floats(name, new BlockNoise(seed, name).Floats(shape.Aggregate(1L, (a, b) => a * b), deviation, mean), shape);

    public void Floats(string name, float[] values, params long[] shape) =>
        _writer.AddTensor(name, TensorType.F32, shape, MemoryMarshal.AsBytes(values.AsSpan()).ToArray());

    /// <summary>
    /// Adds a tokenizer of the SentencePiece kind with a token for each byte, letters and pairs of letters, so that any
    /// text can be tokenised; the rest of the vocabulary is filled with numbered words.
    /// </summary>
    public void Tokenizer(int vocabulary)
    {
        List<string> tokens = ["<unk>", "<s>", "</s>"];
        List<int> types = [2, 3, 3];
        for (int b = 0; b < 256; b++) tokens.Add($"<0x{b:X2}>");
        types.AddRange(Enumerable.Repeat(6, 256));
        tokens.Add("▁");
        for (char c = 'a'; c <= 'z'; c++) tokens.Add($"{c}");
        foreach (string pair in (string[])["th", "he", "in", "er", "an", "re", "▁t", "▁a", "▁o", "on"]) tokens.Add(pair);
        for (int i = 0; tokens.Count < vocabulary; i++) tokens.Add($"▁word{i}");
        types.AddRange(Enumerable.Repeat(1, vocabulary - types.Count));
        Key("tokenizer.ggml.model", "llama");
        Key("tokenizer.ggml.tokens", tokens.ToArray());
        Key("tokenizer.ggml.scores", Enumerable.Range(0, vocabulary).Select(i => i < 259 ? 0f : 259f - i).ToArray());
        Key("tokenizer.ggml.token_type", types.ToArray());
        Key("tokenizer.ggml.bos_token_id", 1);
        Key("tokenizer.ggml.eos_token_id", 2);
        Key("tokenizer.ggml.unknown_token_id", 0);
    }

    /// <summary>Adds a tokenizer of the WordPiece kind: letters, alone and inside words, some words, and the rest numbered ones.</summary>
    public void WordPieceTokenizer(int vocabulary)
    {
        List<string> tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];
        for (char c = 'a'; c <= 'z'; c++) tokens.AddRange([$"▁{c}", $"{c}"]);
        tokens.AddRange(["▁the", "▁of", "▁and", "ing", "er", "th", "▁.", "▁,", "▁?"]);
        for (int i = 0; tokens.Count < vocabulary; i++) tokens.Add($"▁word{i}");
        Key("tokenizer.ggml.model", "bert");
        Key("tokenizer.ggml.tokens", tokens.ToArray());
        Key("tokenizer.ggml.token_type", tokens.Select((_, i) => i < 5 ? 3 : 1).ToArray());
        Key("tokenizer.ggml.padding_token_id", 0);
        Key("tokenizer.ggml.unknown_token_id", 1);
        Key("tokenizer.ggml.bos_token_id", 2);
        Key("tokenizer.ggml.seperator_token_id", 3);
        Key("tokenizer.ggml.mask_token_id", 4);
    }

    /// <summary>Takes over the tokenizer of another file and tells how many tokens it has.</summary>
    public int TokenizerOf(string path)
    {
        using GgufFile file = GgufFile.Open(path);
        foreach ((string key, GgufValue value) in file.Metadata)
            if (key.StartsWith("tokenizer.", StringComparison.Ordinal)) _writer.Set(value);
        return file.Metadata.GetStrings("tokenizer.ggml.tokens")!.Count;
    }

    public void Write(string path) => _writer.Write(path);
}
