using System.Runtime.InteropServices;
using Cria.Gguf;

namespace Cria.Starter;

/// <summary>
/// The model that Cria brings along: a llama network of two layers that tells small stories. Its weights are not trained but
/// computed from a book (stories.txt); docs/starter-model.md tells how.
/// </summary>
public static class StarterModel
{
    internal const float RopeBase = 10000;
    private const int ContextLength = 512;

    /// <summary>Writes the model's file, the same bytes each time, and says what is in it.</summary>
    public static string Write(string path)
    {
        var vocabulary = new StarterVocabulary();
        var book = new StoryBook(vocabulary);
        var tree = new ContextTree(book, vocabulary);
        string[] ambiguities = [.. tree.Ambiguities(book, vocabulary)];
        if (ambiguities.Length > 0)
            throw new InvalidDataException("Stories could jump between chapters:\n" + string.Join('\n', ambiguities));

        var memory = new Memory(vocabulary, tree.Contexts);
        int neurons = (Math.Max(memory.First.Count, memory.Second.Count) + 31) / 32 * 32;
        var writer = new GgufWriter();
        Describe(writer, vocabulary, neurons);
        AddTokens(writer, vocabulary, memory);
        AddLayer(writer, 0, Layout.EmbeddedLength, new Attention(), memory.First, neurons);
        AddLayer(writer, 1, Layout.AttendedLength, null, memory.Second, neurons);
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        writer.Write(path);
        long length = new FileInfo(path).Length;
        return $"{length:N0} bytes: {vocabulary.Count} tokens, {tree.Contexts.Count} contexts, 2 layers of {neurons} neurons.";
    }

    private static void Describe(GgufWriter writer, StarterVocabulary vocabulary, int neurons)
    {
        writer.Set("general.architecture", "llama");
        writer.Set("general.name", "Cria starter storyteller");
        writer.Set("general.description", "Tells small stories. Its weights are computed from a book, not trained.");
        writer.Set("general.license", "mit");
        writer.Set("general.file_type", 2u);
        writer.Set("llama.block_count", 2u);
        writer.Set("llama.context_length", (uint)ContextLength);
        writer.Set("llama.embedding_length", (uint)Layout.Width);
        writer.Set("llama.feed_forward_length", (uint)neurons);
        writer.Set("llama.attention.head_count", (uint)Layout.Heads);
        writer.Set("llama.attention.head_count_kv", (uint)Layout.Heads);
        writer.Set("llama.attention.layer_norm_rms_epsilon", 1e-6f);
        writer.Set("llama.rope.dimension_count", (uint)Layout.Slot);
        writer.Set("llama.rope.freq_base", RopeBase);
        writer.Set("llama.vocab_size", (uint)vocabulary.Count);

        string[] tokens = [.. vocabulary.Spelled];
        const int normal = 1, control = 3;
        writer.Set("tokenizer.ggml.model", "gpt2");
        writer.Set("tokenizer.ggml.pre", "llama-bpe");
        writer.Set("tokenizer.ggml.tokens", tokens);
        writer.Set("tokenizer.ggml.token_type",
            tokens.Select((_, id) => id == vocabulary.Bos || id == vocabulary.Eos ? control : normal).ToArray().AsSpan());
        writer.Set("tokenizer.ggml.merges", Array.Empty<string>());
        writer.Set("tokenizer.ggml.bos_token_id", (uint)vocabulary.Bos);
        writer.Set("tokenizer.ggml.eos_token_id", (uint)vocabulary.Eos);
        writer.Set("tokenizer.ggml.add_bos_token", true);
    }

    private static void AddTokens(GgufWriter writer, StarterVocabulary vocabulary, Memory memory)
    {
        var embedding = new Matrix(vocabulary.Count, Layout.Width);
        var output = new Matrix(vocabulary.Count, Layout.Width);
        int[] members = [.. Enum.GetValues<Kind>().SelectMany(vocabulary.MembersOf)];
        for (int token = 0; token < vocabulary.Count; token++)
        {
            memory.WriteWord(token, embedding, token);
            memory.WriteReader(token, output, token);
            embedding[token, Layout.One] = 1;
            int member = Array.IndexOf(members, token);
            // Two more ones for every token, so that all states are equally long and a norm divides them by the same number.
            (int first, int second) = member >= 0 ? (Layout.Member + member, Layout.OfKind + member / StarterVocabulary.MembersOfKind)
                : token == vocabulary.Bos ? (Layout.Begins, Layout.Filler)
                : (Layout.Filler, Layout.Filler + 1);
            embedding[token, first] = embedding[token, second] = 1;
        }

        AddQ4(writer, "token_embd.weight", embedding);
        AddNorm(writer, "output_norm.weight", Layout.AttendedLength);
        AddQ4(writer, "output.weight", output);
    }

    private static void AddLayer(GgufWriter writer, int index, int length, Attention? attention, IReadOnlyList<Neuron> neurons, int width)
    {
        var nothing = new Matrix(Layout.Width, Layout.Width);
        var gate = new Matrix(width, Layout.Width);
        var up = new Matrix(width, Layout.Width);
        var down = new Matrix(Layout.Width, width);
        for (int n = 0; n < neurons.Count; n++)
        {
            foreach ((int dimension, float weight) in neurons[n].Gate) gate[n, dimension] = weight;
            foreach ((int dimension, float value) in neurons[n].Adds) down[dimension, n] = value;
            up[n, Layout.One] = Memory.Up;
        }

        AddNorm(writer, $"blk.{index}.attn_norm.weight", length);
        AddQ4(writer, $"blk.{index}.attn_q.weight", attention?.Query ?? nothing);
        AddQ4(writer, $"blk.{index}.attn_k.weight", attention?.Key ?? nothing);
        AddQ4(writer, $"blk.{index}.attn_v.weight", attention?.Value ?? nothing);
        AddQ4(writer, $"blk.{index}.attn_output.weight", attention?.Output ?? nothing);
        AddNorm(writer, $"blk.{index}.ffn_norm.weight", Layout.AttendedLength);
        AddQ4(writer, $"blk.{index}.ffn_gate.weight", gate);
        AddQ4(writer, $"blk.{index}.ffn_up.weight", up);
        writer.AddTensor($"blk.{index}.ffn_down.weight", TensorType.Q8_0, [down.Columns, down.Rows], down.ToQ8());
    }

    private static void AddQ4(GgufWriter writer, string name, Matrix matrix) =>
        writer.AddTensor(name, TensorType.Q4_0, [matrix.Columns, matrix.Rows], matrix.ToQ4());

    // A weight that undoes the norm for states of this squared length: what follows sees the state's own ones and zeros.
    private static void AddNorm(GgufWriter writer, string name, int length)
    {
        float[] weight = new float[Layout.Width];
        Array.Fill(weight, MathF.Sqrt((float)length / Layout.Width));
        writer.AddTensor(name, TensorType.F32, [Layout.Width], MemoryMarshal.AsBytes<float>(weight).ToArray());
    }
}
