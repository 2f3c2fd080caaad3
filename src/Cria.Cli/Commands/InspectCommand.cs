using System.CommandLine;
using System.Globalization;
using Cria.Gguf;

namespace Cria.Cli.Commands;

/// <summary><c>cria inspect</c>: tells what a model file holds and whether it can run here.</summary>
internal static class InspectCommand
{
    public static Command Create(Terminal terminal)
    {
        var file = new Argument<string?>("file")
        {
            Description = "The GGUF file of the model; of a split model, the first one.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        ModelSource model = new ModelSource().WithCache();
        var contexts = new Option<int[]>("--ctx-size", "-c")
        {
            Description = "A context length to tell the memory for; may be repeated.",
            HelpName = "count",
            CustomParser = Values.ReadIntegers,
            Arity = ArgumentArity.OneOrMore,
        };
        var tensors = new Option<bool>("--tensors") { Description = "Lists the tensors." };
        var metadata = new Option<bool>("--metadata") { Description = "Lists the metadata, without long arrays." };
        var command = new CriaCommand(
            "inspect",
            "Tell what a model file holds and whether it can run here.",
            "cria inspect model.gguf",
            "cria inspect model.gguf -c 8192 -c 32768 --json",
            "cria inspect model.gguf --tensors --metadata") { file, contexts, tensors, metadata };
        model.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            int[] chosen = parsed.GetValue(contexts) ?? [];
            if (chosen.Any(length => length < 1)) throw new UsageException("-c must be at least 1.");
            string path = model.FindFile(parsed, parsed.GetValue(file));
            ModelInfo info = ModelInfo.Read(path);
            var machine = MachineMemory.Read();
            List<MemoryReport> memory = [];
            string? problem = info.ParameterCount == 0 ? "the file holds only a vocabulary" : null;
            try
            {
                if (problem is null) memory = await EstimateAsync(info, chosen, model.ReadOptions(parsed), machine, cancellationToken);
            }
            catch (ModelLoadException exception)
            {
                problem = exception.Message;
            }

            InspectReport report = InspectReport.From(
                info,
                memory,
                problem,
                machine,
                parsed.GetValue(tensors) ? ReadTensors(path) : null,
                parsed.GetValue(metadata) ? info.Metadata : null);
            if (parsed.WantsJson()) terminal.WriteJson(report, CliJson.Default.InspectReport);
            else Write(terminal, report);
            return ExitCode.Success;
        });
        return command;
    }

    private static async Task<List<MemoryReport>> EstimateAsync(
        ModelInfo info, int[] chosen, ModelOptions options, MachineMemory machine, CancellationToken cancellationToken)
    {
        var memory = new List<MemoryReport>();
        foreach (int context in chosen.Length > 0 ? chosen : UsualContexts(info.TrainedContextLength))
        {
            // A table of what a context would take is no place to refuse one.
            ModelOptions asked = options with { ContextLength = context, AllowLongerContext = true };
            MemoryEstimate estimate = await LlamaModel.EstimateMemoryAsync(info.Path, asked, cancellationToken);
            memory.Add(new MemoryReport(
                context, estimate.TotalBytes, machine.Fits(estimate.TotalBytes),
                estimate.WeightBytes, estimate.CacheBytes, estimate.TableBytes, estimate.WorkBytes));
        }

        return memory;
    }

    /// <summary>Two usual lengths and the longest one that the model was trained for, if it says.</summary>
    private static int[] UsualContexts(int trained) =>
        trained == 0 ? [2048] : [.. new[] { 2048, 4096, trained }.Where(length => length <= trained).Distinct()];

    private static List<TensorReport> ReadTensors(string path)
    {
        using GgufFile file = GgufFile.Open(path);
        return [.. file.Tensors.Select(tensor =>
            new TensorReport(tensor.Name, tensor.Type.ToString(), [.. tensor.Dimensions], tensor.ByteLength))];
    }

    private static void Write(Terminal terminal, InspectReport report)
    {
        var facts = new Listing();
        facts.Add("name", report.Name);
        facts.Add("architecture", report.Architecture);
        facts.Add("parameters", Approximate(report.Parameters));
        facts.Add("size", ByteSize.Format(report.FileBytes));
        facts.Add("types", report.Types.Count == 0
            ? "none (vocabulary only)"
            : string.Join(", ", report.Types.Select(type => FormattableString.Invariant($"{type.Key} × {type.Value}"))));
        facts.Add("trained context", Tokens(report.ContextLength));
        facts.Add("layers", FormattableString.Invariant($"{report.Layers} of {report.EmbeddingLength} values"));
        facts.Add("heads", FormattableString.Invariant($"{report.Heads}, {report.KvHeads} for keys and values"));
        facts.Add("vocabulary", report.Tokenizer is null ? "none" : $"{Tokens(report.VocabularySize)} ({report.Tokenizer})");
        if (report.Pooling is { } pooling) facts.Add("pooling", pooling);
        facts.Add("chat template", report.HasChatTemplate ? "yes" : "no");
        foreach (MemoryReport memory in report.Memory)
        {
            string verdict = memory.Fits ? "fits this machine" : "does not fit this machine";
            string parts = $"weights {ByteSize.Format(memory.WeightBytes)}, keys and values {ByteSize.Format(memory.CacheBytes)}, "
                + $"other {ByteSize.Format(memory.TableBytes + memory.WorkBytes)}";
            facts.Add($"memory for {Tokens(memory.Context)}", $"{ByteSize.Format(memory.Bytes)}, {verdict} ({parts})");
        }

        if (report.Problem is { } problem) facts.Add("cannot run", problem);
        facts.Add("this machine", $"{ByteSize.Format(report.Machine.AvailableBytes)} free of {ByteSize.Format(report.Machine.TotalBytes)}");
        facts.Write(terminal);
        if (report.Metadata is { } metadata) WriteMetadata(terminal, metadata);
        if (report.Tensors is { } tensors) WriteTensors(terminal, tensors);
    }

    private static void WriteMetadata(Terminal terminal, IReadOnlyDictionary<string, string> metadata)
    {
        const int shown = 100;
        var listing = new Listing("key", "value");
        foreach ((string key, string value) in metadata)
            listing.Add(key, terminal.OutputIsSeen && value.Length > shown ? value[..shown] + "…" : value);
        listing.Write(terminal);
    }

    private static void WriteTensors(Terminal terminal, IReadOnlyList<TensorReport> tensors)
    {
        var listing = new Listing("tensor", "type", "shape", "size");
        foreach (TensorReport tensor in tensors)
            listing.Add(tensor.Name, tensor.Type, string.Join(" × ", tensor.Shape), ByteSize.Format(tensor.Bytes));
        listing.Write(terminal);
    }

    private static string Tokens(int count) => count == 0 ? "unknown" : $"{count.ToString("N0", CultureInfo.InvariantCulture)} tokens";

    private static string Approximate(long count) => count switch
    {
        < 1_000 => count.ToString(CultureInfo.InvariantCulture),
        < 1_000_000 => FormattableString.Invariant($"{count / 1e3:0.#} thousand"),
        < 1_000_000_000 => FormattableString.Invariant($"{count / 1e6:0.#} million"),
        _ => FormattableString.Invariant($"{count / 1e9:0.##} billion"),
    };
}

/// <summary>The JSON document of <c>cria inspect</c>.</summary>
internal sealed record InspectReport(
    string Path,
    string Name,
    string Architecture,
    long Parameters,
    long FileBytes,
    string? Type,
    IReadOnlyDictionary<string, int> Types,
    int ContextLength,
    int EmbeddingLength,
    int Layers,
    int Heads,
    int KvHeads,
    int VocabularySize,
    string? Tokenizer,
    string? Pooling,
    bool HasChatTemplate,
    IReadOnlyList<MemoryReport> Memory,
    string? Problem,
    MachineReport Machine,
    bool? Fits,
    IReadOnlyDictionary<string, string>? Metadata,
    IReadOnlyList<TensorReport>? Tensors)
{
    public static InspectReport From(
        ModelInfo info,
        IReadOnlyList<MemoryReport> memory,
        string? problem,
        MachineMemory machine,
        IReadOnlyList<TensorReport>? tensors,
        IReadOnlyDictionary<string, string>? metadata)
    {
        return new InspectReport(
            info.Path,
            info.Name,
            info.Architecture,
            info.ParameterCount,
            info.FileBytes,
            info.MainType?.ToString(),
            info.TensorTypes.ToDictionary(pair => pair.Key.ToString(), pair => pair.Value),
            info.TrainedContextLength,
            info.EmbeddingLength,
            info.LayerCount,
            info.HeadCount,
            info.KeyValueHeadCount,
            info.VocabularySize,
            info.Tokenizer,
            info.Pooling?.ToString().ToLowerInvariant(),
            info.HasChatTemplate,
            memory,
            problem,
            new MachineReport(machine.TotalBytes, machine.AvailableBytes),
            problem is null ? memory.Any(entry => entry.Fits) : null,
            metadata,
            tensors);
    }
}

internal sealed record MemoryReport(int Context, long Bytes, bool Fits, long WeightBytes, long CacheBytes, long TableBytes, long WorkBytes);

internal sealed record MachineReport(long TotalBytes, long AvailableBytes);

internal sealed record TensorReport(string Name, string Type, long[] Shape, long Bytes);
