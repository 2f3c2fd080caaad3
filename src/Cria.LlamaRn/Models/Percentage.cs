namespace Cria.LlamaRn;

/// <summary>Tells a listener the progress of a load in whole percents, each higher one once.</summary>
internal sealed class Percentage(IProgress<int> listener) : IProgress<LoadProgress>
{
    private int _last = -1;

    public void Report(LoadProgress value)
    {
        int percent = (int)Math.Round(Math.Clamp(value.Fraction, 0, 1) * 100);
        int last = Volatile.Read(ref _last);
        while (percent > last)
        {
            int seen = Interlocked.CompareExchange(ref _last, percent, last);
            if (seen == last)
            {
                listener.Report(percent);
                return;
            }

            last = seen;
        }
    }
}
