namespace Cria.Runtime.Sampling;

/// <summary>The last tokens of a text, the prompt included; older ones fall out at the far end.</summary>
internal sealed class TokenWindow
{
    private readonly int[] _ring;
    private int _next;

    public TokenWindow(int capacity) => _ring = new int[capacity];

    public int Capacity => _ring.Length;

    public int Count { get; private set; }

    /// <summary>The token that is <paramref name="age"/> places before the last one.</summary>
    public int this[int age]
    {
        get
        {
            int index = _next - 1 - age;
            return _ring[index < 0 ? index + _ring.Length : index];
        }
    }

    /// <summary>Adds a token and tells which one fell out, or -1.</summary>
    public int Add(int token)
    {
        int dropped = -1;
        if (Count == _ring.Length) dropped = _ring[_next];
        else Count++;
        _ring[_next] = token;
        if (++_next == _ring.Length) _next = 0;
        return dropped;
    }
}
