-- Orthanc sends every radiograph that it is sent on to the device, and none that it got from it.
function OnStoredInstance(instance, tags, metadata, origin)
  if (tags.Modality == "CR" or tags.Modality == "DX") and origin.RemoteAet ~= "CLEARWAY" then
    SendToModality(instance, "clearway")
  end
end
