namespace Cria.Text;

/// <summary>
/// Which bytes may meet where two symbols merge. Where others meet, no merge ever crosses, so that the text can be cut there before
/// merging: many short merges are far faster than a long one, and the result is the same.
/// </summary>
internal sealed class Joints
{
    private readonly bool[] _mayMeet = new bool[256 * 256];

    public void Allow(byte last, byte first) => _mayMeet[last << 8 | first] = true;

    public bool MayMeet(byte last, byte first) => _mayMeet[last << 8 | first];
}
