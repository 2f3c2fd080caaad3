using Cria.Gguf;

namespace TestModels;

/// <summary>Writes LoRA adapters of random factors for a model, with the keys and tensor names that converters give them.</summary>
public static class TinyAdapter
{
    /// <summary>
    /// Writes an adapter that changes all of a model's matrices, or those that <paramref name="changes"/> chooses. Factors are of
    /// <paramref name="type"/> where their rows are whole blocks of it, else of F16.
    /// </summary>
    public static void Write(
        string path, string model, int rank = 6, float? alpha = 9, TensorType type = TensorType.F32, int seed = 1, Func<string, bool>? changes = null)
    {
        using GgufFile file = GgufFile.Open(model);
        GgufWriter writer = Keys(file.Metadata.GetString("general.architecture")!, alpha);
        // llama.cpp, which is compared with, cannot run an adapter of an embedding table that serves both ways.
        bool isTied = file.FindTensor("output.weight") is null;
        foreach (GgufTensor tensor in file.Tensors)
        {
            bool isMatrix = tensor.Dimensions.Length > 1 && tensor.Name.EndsWith(".weight", StringComparison.Ordinal);
            if (!isMatrix || (isTied && tensor.Name == "token_embd.weight") || changes?.Invoke(tensor.Name) == false) continue;
            AddPair(writer, tensor, rank, type, seed);
        }

        writer.Write(path);
    }

    /// <summary>The keys of an adapter without tensors.</summary>
    public static GgufWriter Keys(string architecture, float? alpha = 9)
    {
        var writer = new GgufWriter();
        writer.Set("general.type", "adapter");
        writer.Set("general.architecture", architecture);
        writer.Set("general.name", "tiny adapter");
        writer.Set("adapter.type", "lora");
        if (alpha is { } value) writer.Set("adapter.lora.alpha", value);
        return writer;
    }

    private static void AddPair(GgufWriter writer, GgufTensor tensor, int rank, TensorType type, int seed)
    {
        // Of about the same strength as the matrix that it changes, so that an error in it would be seen.
        const float Strength = 0.7f;
        long inputs = tensor.Dimensions[0], outputs = tensor.Dimensions[1];
        long[] count = tensor.Dimensions.Length > 2 ? [tensor.Dimensions[2]] : [];
        if (tensor.Name == "token_embd.weight")
        {
            Add(".lora_a", 1, rank, outputs);
            Add(".lora_b", Strength / MathF.Sqrt(rank), rank, inputs);
        }
        else
        {
            Add(".lora_a", 1 / MathF.Sqrt(inputs), [inputs, rank, .. count]);
            Add(".lora_b", Strength / MathF.Sqrt(rank), [rank, outputs, .. count]);
        }

        void Add(string suffix, float deviation, params long[] shape)
        {
            string name = tensor.Name + suffix;
            TensorType usable = shape[0] % type.BlockLength() == 0 ? type : TensorType.F16;
            byte[] data = new byte[usable.BytesFor(shape.Aggregate(1L, (a, b) => a * b))];
            new BlockNoise(seed, name).Fill(usable, data, deviation);
            writer.AddTensor(name, usable, shape, data);
        }
    }
}
