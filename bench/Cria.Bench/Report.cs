using System.Reflection;
using System.Text;
using LlamaCpp;

namespace Cria.Bench;

/// <summary>Writes a comparison as Markdown.</summary>
internal sealed class Report(CompareOptions options, Comparison comparison)
{
    private const string Method = """
        ## How it is measured

        - The models are written by the benchmark: random weights in the shape of TinyLlama 1.1B (22 layers of 2,048), and for the
          experts a qwen3moe with eight layers of Qwen3-30B-A3B's sizes but 64 experts. Speed depends on shapes and formats, not on what
          weights say.
        - llama.cpp's libraries are called directly, with its defaults: the processor backend it chooses itself, repacked weights,
          batches of 512, F16 cache. Cria runs in a process of its own as well. Both read the same file, memory-mapped, in the page
          cache.
        - A pair is Cria's measurement and then llama.cpp's, while the other waits; then the next pair. Each is warmed up before: one round
          of llama.cpp, and rounds of at least two seconds of Cria, whose code .NET optimises while it runs.
        - Prefill reads the prompt into an empty context and computes the logits of its last token. Decode feeds one given token after
          another and computes the logits of each; sampling is not part of it. Tokens per second of several sequences are those of all
          together.
        - `first-token` takes a fresh process each time and begins when the model is asked for: Cria compiles its code within that time,
          while llama.cpp's libraries are loaded and have run a tiny model before. Cria is used through `LlamaModel`, with tokenizer and
          sampler.
        - `memory` is the largest resident set that the system saw (VmHWM), mapped pages of the file included. Of llama.cpp's process
          what the harness around it held before loading is taken off, and its context is just as long as needed; Cria's counts whole,
          the runtime included.
        - `prefill-avx2` switches AVX-512 and AVX-VNNI off in .NET (`DOTNET_EnableAVX512=0`, `DOTNET_EnableAVXVNNI=0`) and gives
          llama.cpp its own AVX2 library (`haswell`).
        """;

    private readonly StringBuilder _text = new();

    /// <summary>A row's figure in its unit.</summary>
    public static string Figure(Row row, double value) => row.Subject switch
    {
        Subject.FirstToken => $"{value:F2} s",
        Subject.PeakMemory => $"{value / 1e6:N0} MB",
        _ => value < 100 ? $"{value:F1} tok/s" : $"{value:F0} tok/s",
    };

    /// <summary>A median with its spread.</summary>
    public static string Ratio(Sample ratio) => $"**{ratio.Median:F2}** ({ratio.Least:F2}–{ratio.Most:F2})";

    public string Write(string command)
    {
        WriteHead(command);
        WriteComparison();
        WriteMemoryUse();
        WriteScaling();
        Line(Method);
        return _text.ToString();
    }

    private void WriteHead(string command)
    {
        Line("# Performance");
        Line();
        if (options.Quick)
        {
            Line("**This is a quick run: networks of two layers, prompts and contexts of an eighth of the length that is named, few");
            Line("repetitions. It shows that the benchmark works, and says nothing about speed.**");
            Line();
        }

        Line("Cria beside llama.cpp: same file, same number of threads, same machine, by turns. This file is what this command writes:");
        Line();
        Line("```");
        Line(command);
        Line("```");
        Line();
        Line("`list` in place of `compare …` prints the rows, `--rows decode-q4km,memory` runs some of them, `kernels` times each kernel on");
        Line("one core beside that core's ceilings. Comparing needs Linux on x64 with npm, which fetches llama.cpp, and 3 GB of disk.");
        Line();
        Line("| | |");
        Line("|---|---|");
        Line($"| date | {DateTime.UtcNow:yyyy-MM-dd} |");
        foreach ((string name, string value) in Machine.Describe()) Line($"| {name} | {value} |");
        var version = typeof(LlamaModel).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>();
        Line($"| Cria | {version?.InformationalVersion ?? "unknown"} |");
        Line($"| opponent | {LlamaCppInstall.Description} |");
        Line($"| threads | {options.Threads} |");
        Line();
    }

    private void WriteComparison()
    {
        if (comparison.Results.Count + comparison.Failures.Count == 0) return;
        Line("## The comparison");
        Line();
        Line($"Medians of {options.PairCount} measurements each; the ratio is the median of the pairs' ratios, in brackets the lowest and highest.");
        Line();
        Line("| row | what | Cria | llama.cpp | ratio | goal | |");
        Line("|---|---|---|---|---|---|---|");
        foreach (RowResult result in comparison.Results)
        {
            Row row = result.Row;
            string goal = $"{(row.IsLessBetter ? "≤" : "≥")} {row.Goal:F1}";
            string verdict = options.Quick ? "" : row.IsReached(result.Ratio.Median) ? "reached" : "missed";
            Line($"| `{row.Id}` | {row.Title} | {Figure(row, result.Cria.Median)} | {Figure(row, result.LlamaCpp.Median)} "
                + $"| {Ratio(result.Ratio)} | {goal} | {verdict} |");
        }

        foreach ((Row row, string reason) in comparison.Failures)
        {
            Line($"| `{row.Id}` | {row.Title} | not measured: {reason.ReplaceLineEndings(" ")} | | | | |");
        }


        Line();
    }

    private void WriteMemoryUse()
    {
        RowResult[] results = [.. comparison.Results.Where(result => result.Memory is not null)];
        if (results.Length == 0) return;
        Line("## Decoding and the memory");
        Line();
        Line("Every token reads the whole network, so the speed of memory is the ceiling. *File* counts the bytes of the whole file, *read*");
        Line("leaves out the table of embeddings, of which a token takes one row. The bandwidth is measured with each pair, with as many");
        Line("threads; the shares are medians over the pairs, and the goal for the file's is 95%. The last column is what llama.cpp reached");
        Line("when built natively, with OpenMP, on a 2-core Zen 4 machine with about 33 GB/s; it is no measurement of this run.");
        Line();
        Line("| row | tok/s | file × tok/s | read × tok/s | read bandwidth | file's share | read share | native llama.cpp on Zen 4 |");
        Line("|---|---|---|---|---|---|---|---|");
        foreach (RowResult result in results)
        {
            MemoryUse memory = result.Memory!;
            double speed = result.Cria.Median;
            Sample share = Sample.Of(result.Cria, memory.Bandwidth, (tokens, bandwidth) => tokens * memory.FileBytes / bandwidth);
            Sample readShare = Sample.Of(result.Cria, memory.Bandwidth, (tokens, bandwidth) => tokens * memory.BytesPerToken / bandwidth);
            Line($"| `{result.Row.Id}` | {speed:F1} "
                + $"| {speed * memory.FileBytes / 1e9:F1} GB/s | {speed * memory.BytesPerToken / 1e9:F1} GB/s "
                + $"| {memory.Bandwidth.Median / 1e9:F1} GB/s | {100 * share.Median:F0}% | {100 * readShare.Median:F0}% | {result.Row.NativeTokensPerSecond:F0} tok/s |");
        }

        Line();
    }

    private void WriteScaling()
    {
        if (comparison.Scaling.Count == 0) return;
        Line("## More threads");
        Line();
        int pairs = comparison.Scaling[0].Prefill.Ratio.Values.Count;
        Line($"Q4_K_M, medians of {pairs} measurements each; *gain* is Cria's speed in parts of its own with one thread.");
        Line();
        Line("| threads | prefill: Cria | llama.cpp | ratio | gain | decode: Cria | llama.cpp | ratio | gain |");
        Line("|---|---|---|---|---|---|---|---|---|");
        ScalingPoint first = comparison.Scaling[0];
        foreach (ScalingPoint point in comparison.Scaling)
        {
            Line($"| {point.Threads} | {Curve(point.Prefill, first.Prefill)} | {Curve(point.Decode, first.Decode)} |");
        }

        Line();
    }

    private static string Curve(RowResult result, RowResult first) =>
        $"{Figure(result.Row, result.Cria.Median)} | {Figure(result.Row, result.LlamaCpp.Median)} | {Ratio(result.Ratio)} "
        + $"| {result.Cria.Median / first.Cria.Median:F2}";

    private void Line(string text = "") => _text.Append(text).Append('\n');
}
