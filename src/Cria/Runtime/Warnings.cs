namespace Cria.Runtime;

/// <summary>Tells a caller what he should know though it is no failure, each matter once.</summary>
internal sealed class Warnings(Action<string>? listener)
{
    private readonly HashSet<string> _told = new(StringComparer.Ordinal);

    public void Add(string message)
    {
        lock (_told)
        {
            if (listener is null || !_told.Add(message)) return;
        }

        try
        {
            listener(message);
        }
        catch (Exception)
        {
            // As documented: whoever cannot hear a warning must not lose the model for it.
        }
    }
}
