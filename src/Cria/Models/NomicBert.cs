using Cria.Models.Parts;
using Cria.Tensors;

namespace Cria.Models;

/// <summary>Nomic's BERT: positions by rotation, and a gated feed-forward part or, in the second version, experts in some layers.</summary>
internal static class NomicBert
{
    public static Transformer Build(ModelReader model) => Build(model, layer => new FeedForward(model, layer));

    public static Transformer BuildWithExperts(ModelReader model)
    {
        NetworkShape shape = model.Shape;
        int every = model.Settings.Count("moe_every_n_layers", int.MaxValue, absent: 0, min: 0);
        if (every > 0 && shape.Experts == 0) throw model.Settings.Damaged("expert_count", "there must be experts.");
        return Build(model, layer => every > 0 && layer % every == 1
            ? new Experts(model, layer, shape.FeedForwardLength, Gate.None, sharesAmongAll: true)
            : new FeedForward(model, layer, Gate.None));
    }

    private static Transformer Build(ModelReader model, Func<int, IFeedForward> feedForward) =>
        Bert.Build(model, feedForward, Rotation.Read(model).Table(RopePairing.Halves), positions: null);
}
