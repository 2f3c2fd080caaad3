using Cria.Models.Parts;

namespace Cria.Models;

/// <summary>Qwen 3 with experts in every layer.</summary>
internal static class Qwen3Moe
{
    public static Transformer Build(ModelReader model)
    {
        NetworkShape shape = model.Shape;
        if (shape.Experts == 0) throw model.Settings.Damaged("expert_count", "a qwen3moe model must have experts.");
        int share = Math.Max(1, shape.FeedForwardLength / shape.ExpertsUsed);
        int inner = model.Settings.Count("expert_feed_forward_length", 1 << 20, absent: share);
        return Qwen3.Build(model, layer => new Experts(model, layer, inner));
    }
}
