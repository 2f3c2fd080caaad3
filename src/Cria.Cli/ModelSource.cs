using System.CommandLine;

namespace Cria.Cli;

/// <summary>The flags that choose a model and how it is loaded.</summary>
internal sealed class ModelSource
{
    private readonly Option<string?> _model = new("--model", "-m")
    {
        Description = "The GGUF file of the model; of a split model, the first one.",
        HelpName = "file",
    };

    private readonly EngineOptions<ModelOptions> _loading = new(new ModelOptions());

    /// <summary>For commands that only need the model's vocabulary.</summary>
    public static ModelSource ForText() => new();

    /// <summary>For commands that compute in a context of their own choice.</summary>
    public static ModelSource ForComputing()
    {
        var source = new ModelSource();
        EngineOptions<ModelOptions> loading = source._loading;
        loading.Integer(["--threads", "-t"], nameof(ModelOptions.Threads),
            o => o.Threads, (o, value) => o with { Threads = value },
            "How many threads compute; 0 takes the physical cores.");
        loading.Integer(["--batch-size", "-b"], nameof(ModelOptions.BatchSize),
            o => o.BatchSize, (o, value) => o with { BatchSize = value },
            "How many tokens of a prompt are computed in one step.");
        loading.Value(["--cache-type-k", "-ctk"], nameof(ModelOptions.KeyType),
            Values.ReadName<CacheType>, (o, value) => o with { KeyType = value }, "F16|F32|Q8_0",
            "The number format of cached keys (F16 unless given).");
        loading.Value(["--cache-type-v", "-ctv"], nameof(ModelOptions.ValueType),
            Values.ReadName<CacheType>, (o, value) => o with { ValueType = value }, "F16|F32|Q8_0",
            "The number format of cached values (F16 unless given).");
        loading.Flag(["--allow-longer-context"], nameof(ModelOptions.AllowLongerContext),
            (o, value) => o with { AllowLongerContext = value },
            "Permits a context beyond the length that the model was trained for.");
        return source;
    }

    /// <summary>For commands that compute in a context that the user may size.</summary>
    public static ModelSource ForGenerating()
    {
        ModelSource source = ForComputing();
        source._loading.Integer(["--ctx-size", "-c"], nameof(ModelOptions.ContextLength),
            o => o.ContextLength, (o, value) => o with { ContextLength = value },
            "The most tokens that prompt and answer may have together; 0 takes what the model was trained for.");
        return source;
    }

    public void AddTo(Command command)
    {
        command.Add(_model);
        _loading.AddTo(command);
    }

    /// <summary>Loads the model that the command line names; <paramref name="contextLength"/> where the command, not the user, chooses it.</summary>
    public Task<LlamaModel> LoadAsync(
        ParseResult parsed, Terminal terminal, CancellationToken cancellationToken, int? contextLength = null)
    {
        string path = ModelFile.Find(parsed.GetValue(_model));
        ModelOptions options = _loading.Read(parsed);
        if (contextLength is { } length) options = options with { ContextLength = length };
        return ProgressBar.ShowAsync<LoadProgress, LlamaModel>(
            terminal,
            "Loading the model",
            state => state.Fraction,
            progress => LlamaModel.LoadAsync(path, options, progress, cancellationToken));
    }
}
