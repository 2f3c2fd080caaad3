using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace Cria.Gguf;

/// <summary>The metadata of a GGUF file by key, in the file's order; getters give null for a missing key and throw for a wrong type.</summary>
public sealed class GgufMetadata : IReadOnlyDictionary<string, GgufValue>
{
    private readonly OrderedDictionary<string, GgufValue> _values;

    internal GgufMetadata(OrderedDictionary<string, GgufValue> values) => _values = values;

    /// <inheritdoc/>
    public int Count => _values.Count;

    /// <inheritdoc/>
    public IEnumerable<string> Keys => _values.Keys;

    /// <inheritdoc/>
    public IEnumerable<GgufValue> Values => _values.Values;

    /// <inheritdoc/>
    public GgufValue this[string key] => _values[key];

    /// <inheritdoc/>
    public bool ContainsKey(string key) => _values.ContainsKey(key);

    /// <inheritdoc/>
    public bool TryGetValue(string key, [MaybeNullWhen(false)] out GgufValue value) => _values.TryGetValue(key, out value);

    /// <summary>The text of a key, or null where the key is missing.</summary>
    public string? GetString(string key) => Find(key)?.AsString();

    /// <summary>The integer of a key, whatever its width, or null where the key is missing.</summary>
    public long? GetInteger(string key) => Find(key)?.AsInteger();

    /// <summary>The integer or float of a key, or null where the key is missing.</summary>
    public double? GetNumber(string key) => Find(key)?.AsNumber();

    /// <summary>The truth value of a key, or null where the key is missing.</summary>
    public bool? GetBoolean(string key) => Find(key)?.AsBoolean();

    /// <summary>The texts of a key, or null where the key is missing.</summary>
    public GgufStrings? GetStrings(string key) => Find(key)?.AsStrings();

    /// <summary>The floats of a key, or null where the key is missing.</summary>
    public float[]? GetFloats(string key) => Find(key)?.AsFloats();

    /// <summary>The integers of a key, or null where the key is missing; each fits 32 bits.</summary>
    public int[]? GetIntegers(string key) => Find(key)?.AsIntegers();

    /// <summary>The truth values of a key, or null where the key is missing.</summary>
    public bool[]? GetBooleans(string key) => Find(key)?.AsBooleans();

    /// <summary>The bytes of a key that holds an array of 8-bit integers, or null where the key is missing.</summary>
    public byte[]? GetBytes(string key) => Find(key)?.AsBytes();

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, GgufValue>> GetEnumerator() => _values.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private GgufValue? Find(string key) => _values.GetValueOrDefault(key);
}
