using System.CommandLine;
using System.CommandLine.Parsing;
using Cria.Models;

namespace Cria.Cli.Commands;

/// <summary><c>cria quantize</c>: writes a model with smaller numbers.</summary>
internal static class QuantizeCommand
{
    public static Command Create(Terminal terminal)
    {
        var input = new Argument<string>("in") { Description = "The model to read: a GGUF file, or the first part of a split one." };
        var output = new Argument<string>("out") { Description = "The file to write." };
        var type = new Option<QuantizationMix>("--type")
        {
            Description = $"What to write: {string.Join(", ", Enum.GetNames<QuantizationMix>())}.",
            HelpName = "type",
            CustomParser = ReadMix,
            DefaultValueFactory = _ => QuantizationMix.Q4_K_M,
        };
        EngineOptions<QuantizationOptions> options = CreateOptions();
        var command = new CriaCommand(
            "quantize",
            "Write a model with smaller numbers.",
            "cria quantize model-f16.gguf model-q4.gguf --type Q4_K_M") { input, output, type };
        options.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            string source = ModelFile.Find(parsed.GetRequiredValue(input)), target = parsed.GetRequiredValue(output);
            QuantizationMix mix = parsed.GetValue(type);
            QuantizationReport result = await ProgressBar.ShowAsync<QuantizationProgress, QuantizationReport>(
                terminal,
                $"Quantizing to {mix}",
                state => state.BytesTotal == 0 ? 1 : (double)state.BytesDone / state.BytesTotal,
                progress => ModelQuantizer.QuantizeAsync(source, target, mix, options.Read(parsed), progress, cancellationToken));
            QuantizeReport report = QuantizeReport.From(result, target, mix);
            if (parsed.WantsJson()) terminal.WriteJson(report, CliJson.Default.QuantizeReport);
            else Write(terminal, report);
            return ExitCode.Success;
        });
        return command;
    }

    private static EngineOptions<QuantizationOptions> CreateOptions()
    {
        var options = new EngineOptions<QuantizationOptions>(new QuantizationOptions());
        options.Integer(["--threads", "-t"], nameof(QuantizationOptions.Threads),
            o => o.Threads, (o, value) => o with { Threads = value },
            "How many threads encode; 0 takes all processors.");
        options.Flag(["--overwrite"], nameof(QuantizationOptions.Overwrite),
            (o, value) => o with { Overwrite = value },
            "Replaces a file that exists.");
        options.Flag(["--allow-requantize"], nameof(QuantizationOptions.AllowRequantize),
            (o, value) => o with { AllowRequantize = value },
            "Permits a model that is quantized already, at a loss of quality.");
        options.Flag(["--leave-output-tensor"], nameof(QuantizationOptions.KeepOutputTensor),
            (o, value) => o with { KeepOutputTensor = value },
            "Leaves the output matrix as it is.");
        options.Flag(["--pure"], nameof(QuantizationOptions.Pure),
            (o, value) => o with { Pure = value },
            "Writes every matrix in the same format, without better ones where they matter more.");
        return options;
    }

    private static QuantizationMix ReadMix(ArgumentResult result)
    {
        try
        {
            return QuantizationMixes.Parse(result.Tokens[0].Value);
        }
        catch (InvalidOptionException exception)
        {
            result.AddError($"--type is '{exception.Value}', but must be {exception.Allowed}.");
            return default;
        }
    }

    private static void Write(Terminal terminal, QuantizeReport report)
    {
        var listing = new Listing("", "matrices", "size");
        listing.Add("before", Count(report.TypesBefore), ByteSize.Format(report.BytesBefore));
        listing.Add("after", Count(report.TypesAfter), ByteSize.Format(report.BytesAfter));
        listing.Write(terminal);
        terminal.Out.WriteLine(FormattableString.Invariant(
            $"{report.Path} has {report.BytesAfter / (double)report.BytesBefore:P0} of the size."));
    }

    private static string Count(IReadOnlyDictionary<string, int> types) =>
        string.Join(", ", types.Select(type => FormattableString.Invariant($"{type.Key} × {type.Value}")));
}

/// <summary>The JSON document of <c>cria quantize</c>; sizes are those of the tensors.</summary>
internal sealed record QuantizeReport(
    string Path,
    string Type,
    long BytesBefore,
    long BytesAfter,
    IReadOnlyDictionary<string, int> TypesBefore,
    IReadOnlyDictionary<string, int> TypesAfter)
{
    public static QuantizeReport From(QuantizationReport result, string path, QuantizationMix mix) => new(
        path,
        mix.ToString(),
        result.BytesBefore,
        result.BytesAfter,
        Count(result.Tensors.Select(tensor => tensor.From)),
        Count(result.Tensors.Select(tensor => tensor.To)));

    private static Dictionary<string, int> Count(IEnumerable<Gguf.TensorType> types) =>
        types.GroupBy(type => type).OrderBy(group => group.Key).ToDictionary(group => group.Key.ToString(), group => group.Count());
}
