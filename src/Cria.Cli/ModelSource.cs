using System.CommandLine;
using Cria.Gguf;
using Cria.Text;

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

    /// <summary>Adds the flag that sizes the context.</summary>
    public ModelSource WithContext()
    {
        _loading.Integer(["--ctx-size", "-c"], nameof(ModelOptions.ContextLength),
            o => o.ContextLength, (o, value) => o with { ContextLength = value },
            "The most tokens that the text and what follows may have together; 0 takes what the model was trained for, or what fits the memory.");
        _loading.Flag(["--allow-smaller-context"], nameof(ModelOptions.AllowSmallerContext),
            (o, value) => o with { AllowSmallerContext = value },
            "Takes the longest context that fits the memory where the one asked for does not.");
        return this;
    }

    /// <summary>Adds the flags that trade speed, memory and exactness.</summary>
    public ModelSource WithSpeed()
    {
        _loading.Integer(["--threads", "-t"], nameof(ModelOptions.Threads),
            o => o.Threads, (o, value) => o with { Threads = value },
            "How many threads compute; 0 takes the physical cores.");
        WithCache();
        _loading.Integer(["--gpu-layers", "-ngl"], nameof(ModelOptions.GpuLayers),
            o => o.GpuLayers, (o, value) => o with { GpuLayers = value },
            "How many layers a GPU should compute; this version computes all on the CPU, and says so.");
        _loading.Flag(["--ignore-memory-limits"], nameof(ModelOptions.IgnoreMemoryLimits),
            (o, value) => o with { IgnoreMemoryLimits = value },
            "Loads the model even if it seems not to fit the memory.");
        return this;
    }

    /// <summary>Adds the flags that decide, beside the context, how much memory a model takes.</summary>
    public ModelSource WithCache()
    {
        _loading.Integer(["--batch-size", "-b"], nameof(ModelOptions.BatchSize),
            o => o.BatchSize, (o, value) => o with { BatchSize = value },
            "How many tokens of a prompt are computed in one step.");
        _loading.Value(["--cache-type-k", "-ctk"], nameof(ModelOptions.KeyType),
            Values.ReadName<CacheType>, (o, value) => o with { KeyType = value }, "F16|F32|Q8_0",
            "The number format of cached keys (F16 unless given).");
        _loading.Value(["--cache-type-v", "-ctv"], nameof(ModelOptions.ValueType),
            Values.ReadName<CacheType>, (o, value) => o with { ValueType = value }, "F16|F32|Q8_0",
            "The number format of cached values (F16 unless given).");
        return this;
    }

    /// <summary>Adds the flag that loads LoRA adapters with the model.</summary>
    public ModelSource WithAdapters()
    {
        _loading.Value(["--lora"], nameof(ModelOptions.Adapters),
            Values.ReadAdapters, (o, value) => o with { Adapters = value }, "file[:scale]",
            "A LoRA adapter, a GGUF file or an MLX folder, and how strongly it acts (1 unless given); may be repeated.");
        return this;
    }

    /// <summary>Adds the flag that keeps conversations off the disk.</summary>
    public ModelSource WithDiskCache()
    {
        _loading.Flag(["--no-disk-cache"], nameof(ModelOptions.DiskCache),
            (o, value) => value ? o with { DiskCache = null } : o,
            "Neither keeps conversations in the user's folder for caches nor looks for them there.");
        return this;
    }

    /// <summary>Adds the flag that lifts the limit of the trained context.</summary>
    public ModelSource WithLongerContext()
    {
        _loading.Flag(["--allow-longer-context"], nameof(ModelOptions.AllowLongerContext),
            (o, value) => o with { AllowLongerContext = value },
            "Permits a context beyond the length that the model was trained for.");
        return this;
    }

    /// <summary>The model's file, which may also be given as <paramref name="argument"/>.</summary>
    public string FindFile(ParseResult parsed, string? argument = null)
    {
        string? option = parsed.GetValue(_model);
        if (argument is not null && option is not null)
            throw new UsageException("The model is given twice: as an argument and with -m. Leave one out.");
        return ModelFile.Find(argument ?? option);
    }

    /// <summary>Reads only the vocabulary of the model that the command line names; a file without weights will do.</summary>
    public Tokenizer ReadTokenizer(ParseResult parsed)
    {
        using GgufFile file = GgufFile.Open(FindFile(parsed));
        return Tokenizer.FromFile(file);
    }

    /// <summary>How the model is to be loaded, as far as the command line tells.</summary>
    public ModelOptions ReadOptions(ParseResult parsed) => _loading.Read(parsed);

    public void AddTo(Command command)
    {
        command.Add(_model);
        _loading.AddTo(command);
    }

    /// <summary>Loads the model; <paramref name="adapt"/> sets what the command, not the user, chooses.</summary>
    public Task<LlamaModel> LoadAsync(
        ParseResult parsed, Terminal terminal, CancellationToken cancellationToken, Func<ModelOptions, ModelOptions>? adapt = null) =>
        LoadAsync(FindFile(parsed), parsed, terminal, cancellationToken, adapt);

    /// <summary>Loads a model beside the one that the command line names, without the adapters of that.</summary>
    public Task<LlamaModel> LoadDraftAsync(string path, ParseResult parsed, Terminal terminal, CancellationToken cancellationToken) =>
        LoadAsync(path, parsed, terminal, cancellationToken, options => options with { Adapters = [] });

    private Task<LlamaModel> LoadAsync(
        string path, ParseResult parsed, Terminal terminal, CancellationToken cancellationToken, Func<ModelOptions, ModelOptions>? adapt)
    {
        ModelOptions options = ReadOptions(parsed) with
        {
            OnWarning = message => terminal.Error.WriteLine($"warning: {Visible.OnOneLine(FlagNames.Put(message, parsed))}"),
        };
        if (adapt is not null) options = adapt(options);
        return ProgressBar.ShowAsync<LoadProgress, LlamaModel>(
            terminal,
            "Loading the model",
            state => state.Fraction,
            progress => LlamaModel.LoadAsync(path, options, progress, cancellationToken));
    }
}
