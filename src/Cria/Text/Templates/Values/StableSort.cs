namespace Cria.Text.Templates;

/// <summary>A merge sort: it keeps what is alike in order, and ends in some order where the comparison contradicts itself.</summary>
internal static class StableSort
{
    public static void Sort<T>(T[] items, Func<T, T, bool> isBefore)
    {
        var merged = new T[items.Length];
        for (int width = 1; width < items.Length; width *= 2)
        {
            for (int start = 0; start < items.Length; start += 2 * width)
            {
                int middle = Math.Min(start + width, items.Length);
                Merge(items, merged, start, middle, Math.Min(middle + width, items.Length), isBefore);
            }
            merged.CopyTo(items, 0);
        }
    }

    private static void Merge<T>(T[] items, T[] merged, int start, int middle, int end, Func<T, T, bool> isBefore)
    {
        (int left, int right) = (start, middle);
        for (int i = start; i < end; i++)
        {
            bool takesRight = left == middle || (right < end && isBefore(items[right], items[left]));
            merged[i] = takesRight ? items[right++] : items[left++];
        }
    }
}
