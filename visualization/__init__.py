"""Pictures of models and studies."""
