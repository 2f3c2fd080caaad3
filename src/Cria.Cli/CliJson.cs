using System.Text.Json.Serialization;
using Cria.Cli.Benchmarks;
using Cria.Cli.Chats;
using Cria.Cli.Commands;

namespace Cria.Cli;

/// <summary>The JSON documents of <c>--json</c>.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(RunReport))]
[JsonSerializable(typeof(ChatReport))]
[JsonSerializable(typeof(InspectReport))]
[JsonSerializable(typeof(int[]))]
[JsonSerializable(typeof(DetokenizeReport))]
[JsonSerializable(typeof(TemplateReport))]
[JsonSerializable(typeof(LogitsReport))]
[JsonSerializable(typeof(PerplexityReport))]
[JsonSerializable(typeof(BenchReport))]
[JsonSerializable(typeof(ParallelReport))]
[JsonSerializable(typeof(BusyReport))]
[JsonSerializable(typeof(ReopenReport))]
[JsonSerializable(typeof(List<LookupReport>))]
[JsonSerializable(typeof(QuantizeReport))]
[JsonSerializable(typeof(GrammarCheckReport))]
[JsonSerializable(typeof(GrammarPrintReport))]
[JsonSerializable(typeof(GrammarSpeedReport))]
[JsonSerializable(typeof(EmbedReport))]
[JsonSerializable(typeof(RerankReport))]
internal sealed partial class CliJson : JsonSerializerContext;
