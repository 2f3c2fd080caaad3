namespace Cria.Testing;

/// <summary>
/// What a test needs from its machine. Where it is missing the test is skipped with the reason, so it must be a
/// <c>[SkippableFact]</c> or <c>[SkippableTheory]</c>; with CRIA_REQUIRE_ALL=1, which CI sets, it fails instead.
/// </summary>
internal static class Require
{
    /// <summary>Goes on only where the condition holds.</summary>
    public static void That(bool condition, string reason)
    {
        if (condition) return;
        if (Environment.GetEnvironmentVariable("CRIA_REQUIRE_ALL") == "1") Assert.Fail($"Needed, because CRIA_REQUIRE_ALL is 1: {reason}");
        Skip.If(true, reason);
    }
}
