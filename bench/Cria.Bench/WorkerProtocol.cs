using System.Text.Json.Serialization;

namespace Cria.Bench;

/// <summary>What the worker is asked, one line of JSON each.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "do")]
[JsonDerivedType(typeof(LoadCommand), "load")]
[JsonDerivedType(typeof(MeasureCommand), "measure")]
[JsonDerivedType(typeof(FirstTokenCommand), "first-token")]
[JsonDerivedType(typeof(PeakMemoryCommand), "peak-memory")]
internal abstract record WorkerCommand;

/// <summary>Opens a model for <see cref="MeasureCommand"/>; answers with the lanes of the kernels in use.</summary>
internal sealed record LoadCommand(string Model, int Threads) : WorkerCommand;

/// <summary>Answers with tokens per second.</summary>
internal sealed record MeasureCommand(Workload Workload) : WorkerCommand;

/// <summary>Loads a model and answers with the seconds until its first token.</summary>
internal sealed record FirstTokenCommand(string Model, int Threads) : WorkerCommand;

/// <summary>Loads a model, reads a prompt, generates, and answers with the most bytes that the process ever held.</summary>
internal sealed record PeakMemoryCommand(string Model, int Threads, int Prompt, int Generate) : WorkerCommand;

internal sealed record WorkerAnswer(double Value, string? Error = null);

[JsonSerializable(typeof(WorkerCommand))]
[JsonSerializable(typeof(WorkerAnswer))]
internal sealed partial class WorkerJson : JsonSerializerContext;
