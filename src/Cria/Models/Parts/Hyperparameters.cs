using Cria.Gguf;

namespace Cria.Models.Parts;

/// <summary>The settings of a model, read from its file's keys under the architecture's name; each error names its key.</summary>
internal sealed class Hyperparameters
{
    private readonly GgufFile _file;

    public Hyperparameters(GgufFile file)
    {
        _file = file;
        Architecture = file.Metadata.GetString("general.architecture")
            ?? throw new ModelLoadException(file.Path,
                $"{Path.GetFileName(file.Path)}: general.architecture is missing. Is this a language model?");
    }

    /// <summary>The name of the architecture, which is also the prefix of the keys.</summary>
    public string Architecture { get; }

    /// <summary>An integer within bounds, or the given one where the key is missing; an array of equal elements will do.</summary>
    public int Count(string key, int max, int? absent = null, int min = 1)
    {
        if (!_file.Metadata.TryGetValue(Key(key), out GgufValue? value)) return absent ?? throw Missing(key);
        long number = value.Type == GgufValueType.Array ? EqualElements(value) : value.AsInteger();
        if (number < min || number > max) throw value.Error($"it is {number}, but must lie between {min} and {max}.");
        return (int)number;
    }

    /// <summary>A number that must be finite, or null where the key is missing.</summary>
    public double? Number(string key)
    {
        if (!_file.Metadata.TryGetValue(Key(key), out GgufValue? value)) return null;
        double number = value.AsNumber();
        return double.IsFinite((float)number) ? number : throw value.Error($"it is {number}, but must be finite.");
    }

    /// <summary>A number that must be there.</summary>
    public double RequiredNumber(string key) => Number(key) ?? throw Missing(key);

    /// <summary>A number above zero, or the given one where the key is missing.</summary>
    public float Positive(string key, float absent)
    {
        if (Number(key) is not { } number) return absent;
        return (float)number > 0 ? (float)number : throw _file.Metadata[Key(key)].Error($"it is {number}, but must be above 0.");
    }

    public bool? Flag(string key) => _file.Metadata.GetBoolean(Key(key));

    /// <summary>The number of texts that a key lists, 0 where it is missing.</summary>
    public int TextCount(string key) => _file.Metadata.GetStrings(Key(key))?.Count ?? 0;

    public string? Text(string key) => _file.Metadata.GetString(Key(key));

    /// <summary>A factor that files also leave at 0 for "none"; then, and where the key is missing, the given one.</summary>
    public float Multiplier(string key, float absent) => Number(key) is { } number && number != 0 ? (float)number : absent;

    /// <summary>A yes or no per layer; null unless the key holds a list.</summary>
    public bool[]? FlagPerLayer(string key, int layers)
    {
        if (!_file.Metadata.TryGetValue(Key(key), out GgufValue? value) || value.Type != GgufValueType.Array) return null;
        bool[] flags = value.ElementType == GgufValueType.Boolean ? value.AsBooleans() : [.. value.AsIntegers().Select(x => x != 0)];
        return flags.Length >= layers ? flags : throw value.Error($"it has {flags.Length} elements for {layers} layers.");
    }

    public UnsupportedModelException Unsupported(string feature, string problem) =>
        new(_file.Path, feature, $"{Path.GetFileName(_file.Path)}: {problem}");

    /// <summary>The error for a key whose value contradicts others.</summary>
    public ModelLoadException Damaged(string key, string problem) =>
        _file.Metadata.TryGetValue(Key(key), out GgufValue? value)
            ? value.Error(problem)
            : new ModelLoadException(_file.Path, $"{Path.GetFileName(_file.Path)}: {problem}");

    private string Key(string key) => $"{Architecture}.{key}";

    private ModelLoadException Missing(string key) =>
        new(_file.Path, $"{Path.GetFileName(_file.Path)}: the key {Key(key)} is missing. Convert the model again with a newer converter.");

    private static long EqualElements(GgufValue value)
    {
        int[] elements = value.AsIntegers();
        if (elements.Length == 0 || elements.AsSpan().ContainsAnyExcept(elements[0]))
            throw value.Error("it differs from layer to layer, which this architecture does not do.");
        return elements[0];
    }
}
