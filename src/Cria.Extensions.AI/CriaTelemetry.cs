namespace Cria.Extensions.AI;

/// <summary>The names to give to OpenTelemetry, or to listeners, so that they hear of what happens here.</summary>
public static class CriaTelemetry
{
    /// <summary>The name of the ActivitySource: one span for each answer and each call of the embedding generator.</summary>
    public const string ActivitySourceName = "Cria";

    /// <summary>The name of the Meter.</summary>
    public const string MeterName = "Cria";
}
