"""The cloud worker's room: what runs inside a RunPod endpoint. It may import the engine, never Django."""
