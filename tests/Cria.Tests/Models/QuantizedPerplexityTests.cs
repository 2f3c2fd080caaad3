using System.Runtime.InteropServices;
using Cria.Gguf;
using Cria.Models;
using Cria.Tensors.Formats;
using TestModels;

namespace Cria.Tests.Models;

/// <summary>What rounding activations to integers costs: the same weights, once as blocks and once decoded to floats.</summary>
public sealed class QuantizedPerplexityTests : IDisposable
{
    private const int Texts = 8, Length = 256;

    // Random weights give predictions as sure as a trained model's but enlarge each rounding on its way up as no trained model
    // does; a little less sure of itself, the tiny model shows the loss of a real one rather than its own frailty.
    private const double Temperature = 2;


    private readonly string _folder = Directory.CreateTempSubdirectory("cria-perplexity-").FullName;

    public static TheoryData<TensorType> Types =>
    [
        TensorType.Q2_K, TensorType.Q3_K, TensorType.Q4_K, TensorType.Q5_K, TensorType.Q6_K, TensorType.IQ4_XS,
        TensorType.Q4_0, TensorType.Q4_1, TensorType.Q5_0, TensorType.Q5_1, TensorType.Q8_0, TensorType.IQ4_NL,
    ];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory, MemberData(nameof(Types))]
    public void Blocks_predict_a_text_as_well_as_their_weights_in_floats_do(TensorType type)
    {
        string blocks = Path.Combine(_folder, "blocks.gguf"), floats = Path.Combine(_folder, "floats.gguf");
        TinyModel.Write(blocks, "llama", type, seed: 3);
        Decode(blocks, floats);

        int[][] texts = Sample(floats);
        double[][] reference = Predict(floats, texts, Length);
        double perplexity = Perplexity(reference, reference);

        // Far from the vocabulary's 307, or the model would say nothing that could get worse.
        Assert.InRange(perplexity, 2, 150);
        Assert.InRange(Perplexity(reference, Predict(blocks, texts, Length)) / perplexity, 0.999, 1.001);
        Assert.InRange(Perplexity(reference, Predict(blocks, texts, 1)) / perplexity, 0.999, 1.001);
    }

    /// <summary>The same model with all its weights as floats.</summary>
    private static void Decode(string from, string to)
    {
        using GgufFile file = GgufFile.Open(from);
        var writer = new GgufWriter();
        writer.CopyMetadata(file.Metadata);
        foreach (GgufTensor tensor in file.Tensors)
        {
            float[] values = new float[tensor.ElementCount];
            BlockFormat.Decode(tensor.Type, tensor.Bytes(0, (int)tensor.ByteLength), values);
            writer.AddTensor(tensor.Name, TensorType.F32, tensor.Dimensions, MemoryMarshal.AsBytes(values.AsSpan()).ToArray());
        }

        writer.Write(to);
    }

    /// <summary>Texts that the model finds likely: drawn from its own predictions.</summary>
    private static int[][] Sample(string path)
    {
        var random = new Random(5);
        int[][] texts = [.. Enumerable.Range(0, Texts).Select(i => new int[Length])];
        using GgufFile file = GgufFile.Open(path);
        using var network = Network.Load(file, new NetworkOptions { Threads = 1, MaxBatch = Texts });
        using var batch = new Batch(Texts);
        KvSequence[] sequences = [.. texts.Select(_ => network.NewSequence())];
        for (int i = 0; i < Length; i++)
        {
            if (i == 0)
            {
                for (int t = 0; t < Texts; t++) texts[t][0] = 4 * t + 20;
                continue;
            }

            batch.Clear();
            for (int t = 0; t < Texts; t++) batch.Add(sequences[t], texts[t].AsSpan(i - 1, 1), LogitsOf.Last);
            network.Forward(batch, CancellationToken.None);
            for (int t = 0; t < Texts; t++)
            {
                double[] weights = Softmax(batch.Logits(t));
                double at = random.NextDouble();
                int token = 0;
                while (token < weights.Length - 1 && (at -= weights[token]) > 0) token++;
                texts[t][i] = token;
            }
        }

        foreach (KvSequence sequence in sequences) sequence.Dispose();
        return texts;
    }

    /// <summary>What the model thinks of the token after each of the texts' tokens, read <paramref name="step"/> at a time.</summary>
    private static double[][] Predict(string path, int[][] texts, int step)
    {
        using GgufFile file = GgufFile.Open(path);
        using var network = Network.Load(file, new NetworkOptions { Threads = 1, MaxBatch = step });
        using var batch = new Batch(step);
        var predictions = new List<double[]>();
        foreach (int[] text in texts)
        {
            using KvSequence sequence = network.NewSequence();
            for (int i = 0; i < Length; i += step)
            {
                batch.Clear();
                batch.Add(sequence, text.AsSpan(i, step), LogitsOf.All);
                network.Forward(batch, CancellationToken.None);
                for (int j = 0; j < step; j++) predictions.Add(Softmax(batch.Logits(j)));
            }
        }

        return [.. predictions];
    }

    /// <summary>
    /// The perplexity of texts that follow the reference: its own expectation at each place instead of the one token that was
    /// drawn, which would take a hundred times as many tokens to say the same.
    /// </summary>
    private static double Perplexity(double[][] reference, double[][] predictions)
    {
        double sum = 0;
        for (int i = 0; i < reference.Length; i++)
            for (int token = 0; token < reference[i].Length; token++) sum -= reference[i][token] * Math.Log(predictions[i][token]);
        return Math.Exp(sum / reference.Length);
    }

    private static double[] Softmax(ReadOnlySpan<float> logits)
    {
        double[] weights = new double[logits.Length];
        double largest = logits[0], sum = 0;
        foreach (float logit in logits) largest = Math.Max(largest, logit);
        for (int i = 0; i < weights.Length; i++) sum += weights[i] = Math.Exp((logits[i] - largest) / Temperature);
        for (int i = 0; i < weights.Length; i++) weights[i] /= sum;
        return weights;
    }
}
