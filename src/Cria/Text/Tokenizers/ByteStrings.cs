using System.Numerics;

namespace Cria.Text;

/// <summary>A growing, numbered list of byte strings that finds a string's number; of equal strings it finds the last.</summary>
internal sealed class ByteStrings
{
    private byte[] _bytes;
    private int[] _starts;
    // A slot holds a string's number plus one; 0 is free. Linear probing, at most half full.
    private int[] _slots;

    public ByteStrings(int expectedCount, int expectedBytes)
    {
        _bytes = new byte[Math.Max(expectedBytes, 16)];
        _starts = new int[expectedCount + 1];
        _slots = new int[BitOperations.RoundUpToPowerOf2((uint)Math.Max(expectedCount, 8)) * 2];
    }

    public int Count { get; private set; }

    /// <summary>The length of the longest string.</summary>
    public int MaxLength { get; private set; }

    public ReadOnlySpan<byte> this[int number] => _bytes.AsSpan(_starts[number], _starts[number + 1] - _starts[number]);

    /// <summary>The number of a string, or -1.</summary>
    public int Find(ReadOnlySpan<byte> text) => text.Length > MaxLength ? -1 : _slots[Slot(text)] - 1;

    /// <summary>The number of a string, which is added where it is missing.</summary>
    public int Intern(ReadOnlySpan<byte> text) => Find(text) is var number and >= 0 ? number : Add(text);

    /// <summary>Adds a string under the next number, also where an equal one exists.</summary>
    public int Add(ReadOnlySpan<byte> text)
    {
        if (2 * (Count + 1) > _slots.Length) Grow();
        if (Count + 1 >= _starts.Length) Array.Resize(ref _starts, Math.Max(16, _starts.Length * 2));
        int start = _starts[Count];
        if (start + text.Length > _bytes.Length) Array.Resize(ref _bytes, Math.Max(start + text.Length, _bytes.Length * 2));
        text.CopyTo(_bytes.AsSpan(start));
        _starts[Count + 1] = start + text.Length;
        MaxLength = Math.Max(MaxLength, text.Length);
        _slots[Slot(text)] = ++Count;
        return Count - 1;
    }

    private int Slot(ReadOnlySpan<byte> text)
    {
        // HashCode is seeded anew in every process, so that no file can be made whose strings all collide.
        var hash = new HashCode();
        hash.AddBytes(text);
        int slot = hash.ToHashCode() & (_slots.Length - 1);
        while (_slots[slot] != 0 && !this[_slots[slot] - 1].SequenceEqual(text)) slot = (slot + 1) & (_slots.Length - 1);
        return slot;
    }

    private void Grow()
    {
        _slots = new int[_slots.Length * 2];
        for (int i = 0; i < Count; i++) _slots[Slot(this[i])] = i + 1;
    }
}
