using System.Globalization;

namespace Cria.Gguf;

/// <summary>The naming of the files of one split model: <c>NAME-00001-of-0000N.gguf</c>.</summary>
internal sealed class GgufSplits
{
    public const string NumberKey = "split.no", CountKey = "split.count", TensorCountKey = "split.tensors.count";

    private readonly string _firstPath;
    private readonly string _prefix;
    private readonly int _count;

    private GgufSplits(string firstPath, string prefix, int count)
    {
        _firstPath = firstPath;
        _prefix = prefix;
        _count = count;
    }

    /// <summary>The set that a first file belongs to; any other file is refused with the name of the first.</summary>
    public static GgufSplits Of(GgufHeader opened, long number, long count)
    {
        string path = opened.Source.Path;
        GgufValue countValue = opened.Metadata[CountKey];
        if (count > ushort.MaxValue) throw countValue.Error($"a model cannot have {count} parts.");
        if (number < 0 || number >= count) throw opened.Metadata[NumberKey].Error($"part number {number} is not one of {count}.");

        string suffix = Suffix((int)number, (int)count);
        bool named = path.EndsWith(suffix, StringComparison.OrdinalIgnoreCase);
        string prefix = named ? path[..^suffix.Length] : "";
        if (number > 0)
        {
            string first = named ? System.IO.Path.GetFileName(prefix + Suffix(0, (int)count)) : $"the one whose name ends with {Suffix(0, (int)count)}";
            throw new ModelLoadException(path, $"{System.IO.Path.GetFileName(path)} is part {number + 1} of {count} of a model. Open the first part, {first}.");
        }

        if (!named)
        {
            throw new ModelLoadException(path,
                $"{System.IO.Path.GetFileName(path)} is part 1 of {count} of a model, and the others are found by name. " +
                $"Let the name end with {suffix} and those of the other parts likewise, all in one folder.");
        }

        return new GgufSplits(path, prefix, (int)count);
    }

    /// <summary>The path of a part, counted from 0.</summary>
    public string Find(int number)
    {
        string path = _prefix + Suffix(number, _count);
        if (File.Exists(path)) return path;
        throw new ModelLoadException(path,
            $"{System.IO.Path.GetFileName(_firstPath)} is the first of {_count} files, but {System.IO.Path.GetFileName(path)} is missing. Put all parts into one folder.");
    }

    /// <summary>Refuses a part that says it is another one, or of another set.</summary>
    public void Check(GgufHeader part, int number)
    {
        CheckKey(part, NumberKey, number);
        CheckKey(part, CountKey, _count);
    }

    private static void CheckKey(GgufHeader part, string key, long wanted)
    {
        if (!part.Metadata.TryGetValue(key, out GgufValue? value)) part.Source.Fail(key, 0, "a part of a split model must have this key.");
        else if (value.AsInteger() != wanted) throw value.Error($"it is {value.AsInteger()}, but by its file name it must be {wanted}.");
    }

    private static string Suffix(int number, int count) =>
        string.Create(CultureInfo.InvariantCulture, $"-{number + 1:D5}-of-{count:D5}.gguf");
}
