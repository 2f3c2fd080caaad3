using Cria.Models.Parts;
using Cria.Tensors;

namespace Cria.Models;

/// <summary>Nomic's BERT: positions by rotation, and a gated feed-forward part.</summary>
internal static class NomicBert
{
    public static Transformer Build(ModelReader model) => Bert.Build(
        model, layer => new FeedForward(model, layer), Rotation.Read(model).Table(RopePairing.Halves), positions: null);
}
