using System.Diagnostics;
using System.Globalization;
using Cria.Gguf;
using Xunit.Abstractions;

namespace Cria.Tests.Gguf;

/// <summary>
/// Opens damaged files: they open or are refused with a <see cref="CriaException"/>, quickly and without much memory. CRIA_FUZZ_MUTANTS
/// says how many (5,000 unless told otherwise); mutant number N is the same in every run with the same specimens.
/// </summary>
public sealed class GgufFuzzTests(ITestOutputHelper output) : IDisposable
{
    private const int RealFileEvery = 40, RewriteEvery = 4;

    private readonly TemporaryFolder _folder = new();
    private long _sum;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_damaged_file_opens_or_is_refused_with_a_typed_error()
    {
        int mutants = int.Parse(Environment.GetEnvironmentVariable("CRIA_FUZZ_MUTANTS") ?? "5000", CultureInfo.InvariantCulture);
        GgufSpecimen[] made = MadeSpecimens();
        GgufSpecimen[] real = RealSpecimens();
        var refusals = new Dictionary<string, int>();
        int opened = 0;
        long mostAllocated = 0;

        for (int i = 0; i < mutants; i++)
        {
            var random = new Random(i);
            GgufSpecimen specimen = real.Length > 0 && i % RealFileEvery == 0
                ? real[i / RealFileEvery % real.Length]
                : made[random.Next(made.Length)];
            byte[] bytes = specimen.Mutate(random, made[random.Next(made.Length)].Bytes);
            string path = _folder.Write(bytes, specimen.Name);
            long size = bytes.Length + (specimen.Name.Contains("-of-", StringComparison.Ordinal) ? 4096 : 0);

            (Exception? error, TimeSpan time, long allocated) = Try(path, rewrite: i % RewriteEvery == 0 && !real.Contains(specimen));
            // A stall of a busy machine does not repeat itself; a hang does.
            if (time > TimeSpan.FromSeconds(2)) (error, time, allocated) = Try(path, rewrite: false);
            Assert.True(time <= TimeSpan.FromSeconds(2), $"Mutant {i} of {specimen.Name} took {time}.");
            Assert.True(allocated <= size + (64 << 20), $"Mutant {i} of {specimen.Name}, {bytes.Length} bytes, allocated {allocated}.");
            Assert.True(error is null or CriaException, $"Mutant {i} of {specimen.Name} ended with {error}.");
            mostAllocated = Math.Max(mostAllocated, allocated - size);

            if (error is null) opened++;
            string kind = error is null ? "opened" : error is GgufFormatException format ? Kind(format) : error.GetType().Name;
            refusals[kind] = refusals.GetValueOrDefault(kind) + 1;

            // Leave the intact file behind for the other part of a split model.
            if (size > bytes.Length) _folder.Write(specimen.Bytes, specimen.Name);
        }

        output.WriteLine($"{mutants} mutants of {made.Length} made and {real.Length} real files: {opened} opened; at most {mostAllocated} bytes allocated beyond the file's size.");
        foreach ((string kind, int count) in refusals.OrderByDescending(pair => pair.Value)) output.WriteLine($"{count,8} {kind}");
        // Mutations that are all refused at the door, or do no harm, would test nothing.
        Assert.InRange(opened, mutants / 20, mutants * 19 / 20);
        Assert.True(refusals.Count > 15, "The mutants are refused for too few reasons.");
    }

    private (Exception? Error, TimeSpan Time, long Allocated) Try(string path, bool rewrite)
    {
        if (path.EndsWith("-00002-of-00002.gguf", StringComparison.Ordinal)) path = path.Replace("-00002-of-", "-00001-of-", StringComparison.Ordinal);
        long before = GC.GetAllocatedBytesForCurrentThread();
        long start = Stopwatch.GetTimestamp();
        Exception? error = Record.Exception(() =>
        {
            using GgufFile file = GgufFile.Open(path);
            foreach (GgufValue value in file.Metadata.Values) Touch(value);
            foreach (GgufTensor tensor in file.Tensors) Touch(tensor);
        });
        TimeSpan time = Stopwatch.GetElapsedTime(start);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        if (error is null && rewrite) error = Record.Exception(() => Rewrite(path));
        return (error, time, allocated);
    }

    /// <summary>Whatever the reader accepts, the writer can write and the reader reads again.</summary>
    private void Rewrite(string path)
    {
        var writer = new GgufWriter { WaitsForDisk = false };
        using GgufFile file = GgufFile.Open(path);
        writer.CopyMetadata(file.Metadata);
        foreach (GgufTensor tensor in file.Tensors) writer.AddTensor(tensor);
        File.Delete(_folder.At("rewritten"));
        string copyPath = _folder.Write(writer, "rewritten");
        using GgufFile copy = GgufFile.Open(copyPath);
        Assert.Equal(file.Tensors.Count, copy.Tensors.Count);
        foreach (GgufTensor tensor in file.Tensors)
            Assert.True(tensor.Bytes(0, (int)tensor.ByteLength).SequenceEqual(copy.FindTensor(tensor.Name)!.Bytes(0, (int)tensor.ByteLength)));
    }

    private void Touch(GgufValue value)
    {
        _sum += value.ToString().Length + value.Count + value.Offset;
        switch (value.ElementType)
        {
            case GgufValueType.String:
                GgufStrings texts = value.AsStrings();
                for (int i = 0; i < texts.Count; i++) Touch(texts.Utf8(i));
                if (texts.Count > 0) _sum += texts[texts.Count - 1].Length;
                break;
            case GgufValueType.Boolean:
                _sum += value.AsBooleans().Length;
                break;
            case GgufValueType.Array:
                break;
            case { } type when type.IsFloat():
                _sum += value.AsFloats().Length;
                break;
            case { }:
                // Integers beyond 32 bits are refused here, and that is a fair end too.
                _sum += value.AsIntegers().Length;
                break;
        }
    }

    private void Touch(GgufTensor tensor)
    {
        _sum += tensor.ElementCount + tensor.Name.Length;
        for (long at = 0; at < tensor.ByteLength; at += 4096) Touch(tensor.Bytes(at, (int)Math.Min(4096, tensor.ByteLength - at)));
    }

    private void Touch(ReadOnlySpan<byte> bytes)
    {
        foreach (byte b in bytes) _sum += b;
    }

    /// <summary>The problem without its numbers.</summary>
    private static string Kind(GgufFormatException error)
    {
        string problem = error.Message[(error.Message.IndexOf($"at byte {error.Offset}: ", StringComparison.Ordinal) + $"at byte {error.Offset}: ".Length)..];
        return string.Concat(problem.Split('.')[0].Where(c => !char.IsAsciiDigit(c)).Take(50));
    }

    private GgufSpecimen[] MadeSpecimens()
    {
        GgufWriter First(GgufWriter writer)
        {
            writer.Set("split.no", (ushort)0);
            writer.Set("split.count", (ushort)2);
            writer.Set("split.tensors.count", 2);
            writer.AddTensor("a", TensorType.F32, [8, 2], new byte[64]);
            return writer;
        }

        GgufWriter Second(GgufWriter writer)
        {
            writer.Set("split.no", (ushort)1);
            writer.Set("split.count", (ushort)2);
            writer.AddTensor("b", TensorType.Q4_0, [64], new byte[36]);
            return writer;
        }

        return
        [
            Make("v3.gguf", Model(new GgufWriter())),
            Make("v2.gguf", Model(new GgufWriter { Version = 2 })),
            Make("vocab.gguf", Vocabulary(new GgufWriter())),
            Make("vocab-v2.gguf", Vocabulary(new GgufWriter { Version = 2 })),
            Make("whole.gguf", Vocabulary(Model(new GgufWriter()))),
            Make("part-00001-of-00002.gguf", First(new GgufWriter())),
            Make("part-00002-of-00002.gguf", Second(new GgufWriter())),
        ];
    }

    private static GgufSpecimen[] RealSpecimens()
    {
        string? folder = Environment.GetEnvironmentVariable("CRIA_TEST_DATA");
        string vocabularies = Path.Combine(folder ?? "", "vocab");
        return folder is null || !Directory.Exists(vocabularies) ? []
            : [.. Directory.GetFiles(vocabularies, "*.gguf").Order(StringComparer.Ordinal).Select(path => new GgufSpecimen("real.gguf", File.ReadAllBytes(path)))];
    }

    private GgufSpecimen Make(string name, GgufWriter writer) => new(name, File.ReadAllBytes(_folder.Write(writer, name)));

    private static GgufWriter Model(GgufWriter writer)
    {
        writer.Set("general.architecture", "llama");
        writer.Set("general.alignment", 64u);
        writer.Set("llama.block_count", 2u);
        writer.Set("llama.embedding_length", 64u);
        writer.Set("llama.attention.head_count", 8u);
        writer.Set("llama.attention.head_count_kv", new[] { 2, 2 });
        writer.Set("llama.rope.freq_base", 10000f);
        writer.Set("flag", true);
        writer.Set("flags", new[] { true, false });
        writer.Set("small", (sbyte)-1);
        writer.Set("short", (short)-1);
        writer.Set("long", -1L);
        writer.Set("double", 0.5);
        writer.Set("longs", new[] { 1UL, 2UL });
        writer.Set("floats", new[] { 1f, 2f });
        writer.Set("bytes", new byte[] { 1, 2, 3 });
        writer.Set("none", Array.Empty<string>());
        writer.AddTensor("token_embd.weight", TensorType.F32, [64, 4], new byte[1024]);
        writer.AddTensor("blk.0.attn_q.weight", TensorType.Q4_K, [256, 2], new byte[288]);
        writer.AddTensor("blk.0.attn_k.weight", TensorType.Q8_0, [32, 2, 2], new byte[136]);
        writer.AddTensor("blk.1.ffn_up_exps.weight", TensorType.MXFP4, [32, 2, 1, 2], new byte[68]);
        writer.AddTensor("output_norm.weight", TensorType.F16, [1], new byte[2]);
        return writer;
    }

    private static GgufWriter Vocabulary(GgufWriter writer)
    {
        string[] tokens = [.. Enumerable.Range(0, 40).Select(i => i < 20 ? $"<0x{i:X2}>" : $"token{i}")];
        writer.Set("tokenizer.ggml.model", "llama");
        writer.Set("tokenizer.ggml.tokens", tokens);
        writer.Set("tokenizer.ggml.scores", new float[tokens.Length]);
        writer.Set("tokenizer.ggml.token_type", tokens.Select((_, i) => i < 20 ? 6 : 1).ToArray());
        writer.Set("tokenizer.ggml.merges", new[] { "t o", "to k", "" });
        writer.Set("tokenizer.ggml.bos_token_id", 20u);
        writer.Set("tokenizer.ggml.eos_token_id", 21u);
        writer.Set("tokenizer.ggml.add_bos_token", true);
        return writer;
    }
}
