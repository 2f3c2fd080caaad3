using System.Diagnostics;
using System.Globalization;
using Cria.Gguf;
using Cria.Models;
using Cria.Runtime.Prefixes;

namespace Cria.Bench;

/// <summary>What a text costs to read with the model, to keep on the disk, and to take over from there.</summary>
internal static class PrefixTimes
{
    private const int Repetitions = 5;

    public static int Run(string[] arguments)
    {
        string model = arguments[0];
        int tokens = arguments.Length > 1 ? int.Parse(arguments[1], CultureInfo.InvariantCulture) : 2000;
        var options = new NetworkOptions { Threads = Cria.Runtime.ProcessorCores.Count(), ContextLength = tokens };
        string folder = Directory.CreateTempSubdirectory("cria-prefixes-").FullName;
        try
        {
            using GgufFile file = GgufFile.Open(model);
            byte[] fingerprint = Report("fingerprint, first", () => GgufFingerprint.Of(file));
            Report("fingerprint, again", () => GgufFingerprint.Of(file));
            using Network network = Network.Load(file, options);
            var random = new Random(1);
            int[] text = [.. Enumerable.Range(0, tokens).Select(_ => random.Next(network.Shape.VocabularySize))];
            Console.WriteLine($"a page of {Cria.Tensors.KvPages.PageTokens} tokens: {network.Cache.Pages.PageBytes} bytes");

            PrefixCache first = Begin(network, folder, fingerprint);
            Report("computed", () => Compute(network, first, text, adopts: false));
            Report("rest written", () =>
            {
                first.Dispose();
                return 0;
            });
            for (int i = 0; i < Repetitions; i++)
            {
                network.Cache.Trim();
                PrefixCache again = Begin(network, folder, fingerprint);
                Report("from the disk", () => Adopt(network, again, text));
                Report("from memory", () => Adopt(network, again, text));
                if (i == Repetitions - 1) Report("answered", () => Compute(network, again, text, adopts: true));
                again.Dispose();
            }

            return 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static PrefixCache Begin(Network network, string folder, byte[] fingerprint) =>
        new(network.Cache, new PrefixStore(network.Cache, new PrefixFolder(folder, 1L << 40), new Lazy<byte[]>(fingerprint), Console.Error.WriteLine));

    private static int Adopt(Network network, PrefixCache prefixes, int[] text)
    {
        using KvSequence sequence = network.NewSequence();
        return Adopt(PrefixTrail.Begin(prefixes, sequence, isKept: true), text);
    }

    private static int Adopt(PrefixTrail trail, int[] text)
    {
        while (trail.Adopt(text.AsSpan(trail.Tokens.Length)) > 0)
        {
            // What the disk has comes in parts.
        }

        return trail.Tokens.Length;
    }

    /// <summary>Reads a text up to the logits of its last token.</summary>
    private static int Compute(Network network, PrefixCache prefixes, int[] text, bool adopts)
    {
        using KvSequence sequence = network.NewSequence();
        using var batch = new Batch(network.MaxBatch);
        PrefixTrail trail = PrefixTrail.Begin(prefixes, sequence, isKept: true);
        int at = adopts ? Adopt(trail, text) : 0, known = at;
        while (at < text.Length)
        {
            ReadOnlySpan<int> slice = text.AsSpan(at, Math.Min(network.BatchSize, text.Length - at));
            at += slice.Length;
            batch.Clear();
            batch.Add(sequence, slice, at == text.Length ? LogitsOf.Last : LogitsOf.None);
            network.Forward(batch, CancellationToken.None);
            trail.Append(slice);
        }

        return at - known;
    }

    private static T Report<T>(string name, Func<T> work)
    {
        long start = Stopwatch.GetTimestamp();
        T result = work();
        string tokens = result is int and > 0 ? $"  {result} tokens" : "";
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-20} {Stopwatch.GetElapsedTime(start).TotalMilliseconds,9:0.0} ms{tokens}"));
        return result;
    }
}
