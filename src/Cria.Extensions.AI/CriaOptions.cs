namespace Cria.Extensions.AI;

/// <summary>Which model a program uses and how; can be bound to a section of its configuration.</summary>
public sealed class CriaOptions
{
    private Func<ModelOptions, ModelOptions> _configure = static options => options;

    /// <summary>The GGUF file of the model; of a split model, the first file.</summary>
    public string ModelPath { get; set; } = "";

    /// <summary>The name under which responses and measurements speak of the model; null takes the file's name without its ending.</summary>
    public string? ModelId { get; set; }

    /// <summary>The most tokens that one text and its continuation may have together; null takes what <see cref="ModelOptions"/> would.</summary>
    public int? ContextLength { get; set; }

    /// <summary>How many threads compute; null takes what <see cref="ModelOptions"/> would.</summary>
    public int? Threads { get; set; }

    /// <summary>How many requests advance together; null takes what <see cref="ModelOptions"/> would.</summary>
    public int? ParallelRequests { get; set; }

    /// <summary>How many requests may wait in line; null takes what <see cref="ModelOptions"/> would.</summary>
    public int? QueueLimit { get; set; }

    /// <summary>Writes what is said into traces too; null does so if OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT is <c>true</c>.</summary>
    public bool? EnableSensitiveData { get; set; }

    /// <summary>Changes what else <see cref="ModelOptions"/> offers; several changes are made one after the other.</summary>
    public void ConfigureModel(Func<ModelOptions, ModelOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        Func<ModelOptions, ModelOptions> earlier = _configure;
        _configure = options => configure(earlier(options));
    }

    internal ModelOptions ToModelOptions()
    {
        var defaults = new ModelOptions();
        return _configure(defaults with
        {
            ContextLength = ContextLength ?? defaults.ContextLength,
            Threads = Threads ?? defaults.Threads,
            ParallelRequests = ParallelRequests ?? defaults.ParallelRequests,
            QueueLimit = QueueLimit ?? defaults.QueueLimit,
        });
    }
}
