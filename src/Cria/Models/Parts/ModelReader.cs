using Cria.Gguf;
using Cria.Models.Adapters;
using Cria.Tensors;
using Cria.Tensors.Formats;

namespace Cria.Models.Parts;

/// <summary>What an architecture builds its parts from: settings, tensors (each checked for type and shape) and working memory.</summary>
internal sealed class ModelReader(GgufFile file, NetworkShape shape, int contextLength, Workspace workspace)
{
    private const string Advice = "Convert or download the model again.";

    private readonly HashSet<string> _used = new(StringComparer.Ordinal);

    public NetworkShape Shape => shape;

    public Hyperparameters Settings { get; } = new(file);

    public Workspace Workspace => workspace;

    /// <summary>Where adapters act on the tensors that have been asked for as <see cref="Linear"/>, <see cref="Stack"/> or <see cref="Embedding"/>.</summary>
    public LoraRouter Adapters { get; } = new(workspace.MaxBatch);

    /// <summary>The most tokens of one sequence.</summary>
    public int ContextLength => contextLength;

    /// <summary>The rows of a matrix that the settings do not tell.</summary>
    public int Rows(string name) =>
        file.FindTensor(name) is { Dimensions: { Length: > 1 } dimensions } ? (int)Math.Min(int.MaxValue, dimensions[1]) : 1;

    public bool Has(string name) => file.FindTensor(name) is not null;

    /// <summary>A matrix that turns <paramref name="inputs"/> values into <paramref name="outputs"/>.</summary>
    public Weight Matrix(string name, int inputs, int outputs) => new(Required(name, [inputs, outputs]));

    /// <summary>A stack of such matrices <c>name.weight</c>, one per expert, with their biases <c>name.bias</c>, where the file has them.</summary>
    public LinearStack Stack(string name, int inputs, int outputs, int count) =>
        new(new Weight(Required($"{name}.weight", [inputs, outputs, count])), OptionalVector($"{name}.bias", outputs, count), Adapters.Site($"{name}.weight"));

    /// <summary>A table of embeddings, one per token.</summary>
    public Embedding Embedding(string name, int length, int tokens) => new(Matrix(name, length, tokens), Adapters.Site(name));

    /// <summary>A matrix <c>name.weight</c> with its bias <c>name.bias</c>, where the file has one.</summary>
    public Linear Linear(string name, int inputs, int outputs) =>
        new(Matrix($"{name}.weight", inputs, outputs), OptionalVector($"{name}.bias", outputs), Adapters.Site($"{name}.weight"));

    public Norm Norm(string name, int length) =>
        new(Vector($"{name}.weight", length), (float)Settings.RequiredNumber("attention.layer_norm_rms_epsilon"));

    public Norm LayerNorm(string name, int length) =>
        new(Vector($"{name}.weight", length), (float)Settings.RequiredNumber("attention.layer_norm_epsilon"), Vector($"{name}.bias", length));

    /// <summary>A small tensor as floats; two-dimensional ones row after row.</summary>
    public float[] Vector(string name, params ReadOnlySpan<long> shape)
    {
        var weight = new Weight(Required(name, shape));
        var values = new float[(long)weight.Columns * weight.Rows];
        for (int row = 0; row < weight.Rows; row++) weight.DecodeRow(row, values.AsSpan(row * weight.Columns, weight.Columns));
        return values;
    }

    public float[]? OptionalVector(string name, params ReadOnlySpan<long> shape) => Has(name) ? Vector(name, shape) : null;

    /// <summary>
    /// Refuses a file with tensors that nothing has asked for: the network would compute something, but not what the model
    /// was trained to, and nobody would notice.
    /// </summary>
    public void RefuseUnusedTensors()
    {
        GgufTensor[] unused = [.. file.Tensors.Where(tensor => !_used.Contains(tensor.Name))];
        if (unused.Length == 0) return;
        string others = unused.Length > 1 ? $" (and {unused.Length - 1} more)" : "";
        throw Settings.Unsupported(unused[0].Name,
            $"the tensor {unused[0].Name}{others} has no place in the architecture {shape.Architecture} as its keys describe it. {Advice}");
    }

    private GgufTensor Required(string name, ReadOnlySpan<long> shape)
    {
        _used.Add(name);
        GgufTensor tensor = file.FindTensor(name) ??
            throw new ModelLoadException(file.Path, $"{FileName}: the tensor {name} ({Words(shape)}) is missing. {Advice}");
        // Some writers leave out trailing dimensions of 1.
        if (!tensor.Dimensions.TrimEnd(1).SequenceEqual(shape.TrimEnd(1)))
        {
            throw new ModelLoadException(file.Path,
                $"{FileName}: the tensor {name} has the shape {Words(tensor.Dimensions)}, but {Words(shape)} is needed. {Advice}");
        }

        if (!BlockFormat.CanDecode(tensor.Type))
        {
            throw new UnsupportedModelException(file.Path, tensor.Type.ToString(),
                $"{FileName}: the tensor {name} is of type {tensor.Type}, which cannot be computed with. Use another quantisation of the model.");
        }

        return tensor;
    }

    private string FileName => Path.GetFileName(file.Path);

    private static string Words(ReadOnlySpan<long> shape) => string.Join(" x ", shape.ToArray());
}
