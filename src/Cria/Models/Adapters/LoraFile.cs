using Cria.Gguf;
using Cria.Tensors.Formats;

namespace Cria.Models.Adapters;

/// <summary>
/// An opened adapter file, checked: first by itself, then against the model that it is to change. Nothing of its size is allocated
/// before both checks have passed.
/// </summary>
internal sealed class LoraFile : IDisposable
{
    private const string Advice = "Load the adapter with the model that it was trained on.";
    private const string DownSuffix = ".lora_a", UpSuffix = ".lora_b", NormSuffix = "_norm.weight";

    // Beyond this, a rank is taken for damage.
    private const long MaximumRank = 1 << 16;

    private readonly GgufFile _file;
    private readonly string _origin;
    private readonly string? _temporaryFolder;

    private LoraFile(GgufFile file, string origin, string? temporaryFolder)
    {
        _file = file;
        _origin = origin;
        _temporaryFolder = temporaryFolder;
        CheckKind();
        float alpha = ReadAlpha();
        int[] invocation = file.Metadata.GetIntegers("adapter.alora.invocation_tokens") ?? [];
        Pairs = ReadPairs();
        Info = AdapterInfo.From(file, alpha, invocation, Pairs) with { Path = origin };
    }

    public AdapterInfo Info { get; }

    public IReadOnlyList<LoraPair> Pairs { get; }

    /// <summary>Opens a file and checks all that can be checked without a model.</summary>
    public static LoraFile Open(string path) => Open(path, path, temporaryFolder: null);

    /// <summary>The same for use with a model, which the form of a folder that mlx-lm has written depends on.</summary>
    public static LoraFile Open(string path, GgufFile model, NetworkShape shape, CancellationToken cancellationToken)
    {
        if (!File.Exists(Path.Combine(path, MlxAdapter.WeightsName))) return Open(path);
        string folder = TemporaryFolder(path);
        try
        {
            string converted = Path.Combine(folder, MlxAdapter.WeightsName);
            MlxAdapter.Convert(path, model, shape, converted, cancellationToken);
            return Open(converted, path, folder);
        }
        catch
        {
            Directory.Delete(folder, recursive: true);
            throw;
        }
    }

    private static LoraFile Open(string path, string origin, string? temporaryFolder)
    {
        GgufFile file = GgufFile.Open(path);
        try
        {
            return new LoraFile(file, origin, temporaryFolder);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static string TemporaryFolder(string path)
    {
        try
        {
            return Directory.CreateTempSubdirectory("cria-adapter-").FullName;
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            throw new ModelLoadException(path, $"{path} cannot be converted, for there is no place for temporary files: {cause.Message}", cause);
        }
    }

    /// <summary>Checks that the adapter was made for a model like this one, of which only names and sizes are read.</summary>
    public void CheckAgainst(GgufFile model, NetworkShape shape, LoraRouter router)
    {
        if (Info.Architecture != shape.Architecture)
            throw Error(null, $"it changes a model of the architecture {Info.Architecture}, but this one's is {shape.Architecture}. {Advice}");
        foreach (int token in Info.InvocationTokens)
        {
            if ((uint)token >= (uint)shape.VocabularySize)
                throw Error(null, $"its invocation tokens name token {token}, but the model has {shape.VocabularySize} tokens. {Advice}");
        }

        foreach (LoraPair pair in Pairs)
        {
            GgufTensor changed = model.FindTensor(pair.Tensor)
                ?? throw Error(pair.Tensor, $"the model has no such tensor. {Advice}");
            if (router.Find(pair.Tensor) is null) throw Error(pair.Tensor, "this tensor of the model is no matrix that adapters can change.");
            if (!Trimmed(changed).SequenceEqual(pair.ChangedShape))
            {
                throw Error(pair.Tensor,
                    $"the adapter changes a matrix of {Words(pair.ChangedShape)}, but the model's has {Words(Trimmed(changed))}. {Advice}");
            }
        }
    }

    public void Dispose()
    {
        _file.Dispose();
        if (_temporaryFolder is not null && Directory.Exists(_temporaryFolder)) Directory.Delete(_temporaryFolder, recursive: true);
    }

    private void CheckKind()
    {
        Expect("general.type", "adapter", "Give the file of a LoRA adapter; a model is loaded as a model.");
        Expect("adapter.type", "lora", "Adapters of other kinds cannot be loaded.");
        if (_file.Metadata.GetString("general.architecture") is null or "") throw Error(null, "general.architecture is missing. Convert the adapter again.");
    }

    private void Expect(string key, string wanted, string advice)
    {
        string? found = _file.Metadata.GetString(key);
        if (found != wanted) throw Error(null, $"{key} is {(found is null ? "missing" : $"\"{found}\"")}, but must be \"{wanted}\". {advice}");
    }

    private float ReadAlpha()
    {
        if (!_file.Metadata.TryGetValue("adapter.lora.alpha", out GgufValue? alpha)) return 0;
        var number = (float)alpha.AsNumber();
        return float.IsFinite(number) ? number : throw alpha.Error($"it is {number}, but must be finite.");
    }

    private List<LoraPair> ReadPairs()
    {
        var pairs = new List<LoraPair>();
        foreach (GgufTensor tensor in _file.Tensors)
        {
            if (tensor.Name.EndsWith(DownSuffix, StringComparison.Ordinal))
            {
                string changed = tensor.Name[..^DownSuffix.Length];
                GgufTensor up = _file.FindTensor(changed + UpSuffix) ?? throw Error(changed, $"it has {tensor.Name}, but not {changed}{UpSuffix}. Convert the adapter again.");
                pairs.Add(Pair(changed, tensor, up));
            }
            else if (tensor.Name.EndsWith(UpSuffix, StringComparison.Ordinal))
            {
                string changed = tensor.Name[..^UpSuffix.Length];
                if (_file.FindTensor(changed + DownSuffix) is null) throw Error(changed, $"it has {tensor.Name}, but not {changed}{DownSuffix}. Convert the adapter again.");
            }
            else if (!tensor.Name.EndsWith(NormSuffix, StringComparison.Ordinal))
            {
                // Trained norms are left out, as llama.cpp leaves them out: adapters that have some work without.
                throw Error(tensor.Name, $"its name ends neither in {DownSuffix} nor in {UpSuffix}; adapters of other kinds cannot be loaded.");
            }
        }

        return pairs.Count > 0 ? pairs : throw Error(null, "it changes no tensor. Convert the adapter again.");
    }

    private LoraPair Pair(string changed, GgufTensor down, GgufTensor up)
    {
        long[] a = Matrix(changed, down), b = Matrix(changed, up);
        bool isEmbedding = changed == "token_embd.weight";
        long rank = b[0];
        if (rank != (isEmbedding ? a[0] : a[1]))
        {
            throw Error(changed,
                $"{down.Name} ({Words(Trimmed(down))}) and {up.Name} ({Words(Trimmed(up))}) share no rank: one of them is not transposed. " +
                "Convert the adapter again with a newer converter.");
        }

        if (a[2] != b[2]) throw Error(changed, $"{down.Name} has {a[2]} matrices, but {up.Name} {b[2]}.");
        long inputs = isEmbedding ? b[1] : a[0], outputs = isEmbedding ? a[1] : b[1];
        if (rank > MaximumRank || rank > Math.Max(inputs, outputs)) throw Error(changed, $"its rank, {rank}, is beyond what a matrix of {inputs} x {outputs} can have.");
        return new LoraPair(changed, down, up, (int)rank, a[2] > 1 ? [inputs, outputs, a[2]] : [inputs, outputs]);
    }

    /// <summary>The three dimensions of a matrix, or of a stack of them, that can be computed with.</summary>
    private long[] Matrix(string changed, GgufTensor tensor)
    {
        if (!BlockFormat.CanDecode(tensor.Type))
        {
            throw new UnsupportedModelException(_origin, tensor.Type.ToString(),
                $"{FileName}: the tensor {tensor.Name} is of type {tensor.Type}, which cannot be computed with. Convert the adapter to F16 or F32.");
        }

        ReadOnlySpan<long> shape = tensor.Dimensions;
        if (shape.Length < 2 || (shape.Length > 3 && shape[3] != 1)) throw Error(changed, $"{tensor.Name} has the shape {Words(shape)}, but must be a matrix.");
        return [shape[0], shape[1], shape.Length > 2 ? shape[2] : 1];
    }

    private string FileName => Path.GetFileName(Path.TrimEndingDirectorySeparator(_origin));

    private AdapterException Error(string? tensor, string problem) =>
        new(_origin, tensor, $"{FileName}: {(tensor is null ? "" : $"the change of {tensor}: ")}{problem}");

    /// <summary>A tensor's dimensions; trailing ones beyond two mean nothing.</summary>
    private static ReadOnlySpan<long> Trimmed(GgufTensor tensor)
    {
        ReadOnlySpan<long> shape = tensor.Dimensions;
        while (shape.Length > 2 && shape[^1] == 1) shape = shape[..^1];
        return shape;
    }

    private static string Words(ReadOnlySpan<long> shape) => string.Join(" x ", shape.ToArray());
}

/// <summary>The two factors of one tensor's change, and the shape that the changed tensor must have.</summary>
internal sealed record LoraPair(string Tensor, GgufTensor Down, GgufTensor Up, int Rank, long[] ChangedShape);
